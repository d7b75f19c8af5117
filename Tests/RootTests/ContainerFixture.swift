internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// A bundle in a directory of its own, and the runtime that runs it. Its program is the guest, which reports what it
/// sees.
struct ContainerFixture {
    let directory: String
    let id: String
    var spec = Spec.plain

    /// What starts the runtime, to take rights or identity from it first: a program's path and the words before those of
    /// the runtime. Empty for the runtime itself.
    var launcher: [String] = []

    var rootfs: String { directory + "/rootfs" }
    var stateRoot: String { directory + "/state" }
    var cgroup: String { "/berth-root-tests-" + id }

    struct Outcome {
        let code: Int32
        let output: String
        /// Standard error as it is.
        let log: String

        /// The same without the escapes that the log's form puts before quotes.
        var errors: String { log.replacing("\\\"", with: "\"") }
    }

    struct Failure: Error {
        let message: String
    }

    /// Gives `body` a fixture; afterwards its containers are gone, and it is checked that nothing of them is left.
    static func with(_ body: (inout ContainerFixture) throws -> Void) throws {
        try withScratchDirectory("root") { directory in
            var fixture = try ContainerFixture(directory: directory)
            defer {
                for entry in (try? Directory.entries(fixture.stateRoot)) ?? [] {
                    _ = try? fixture.runtime(["delete", "--force", entry.name])
                }
            }
            try body(&fixture)
        }
    }

    private init(directory: String) throws {
        self.directory = directory
        id = "t" + directory.split(separator: "-").last!
        // A user namespace's root must be able to pass through.
        let scratch = try FileDescriptor.open(directory, [.readOnly, .directory])
        try changeMode(of: scratch.rawValue, permissions: 0o711)
        for path in ["/rootfs", "/rootfs/bin", "/rootfs/tmp", "/rootfs/etc"] {
            try makeDirectory(directory + path, mode: 0o755)
        }
        try copy(try Self.program("guest"), to: rootfs + "/guest")
        try copy("/bin/busybox", to: rootfs + "/bin/busybox")
        let bin = try FileDescriptor.open(rootfs + "/bin", [.pathOnly, .directory])
        for name in ["sh", "sleep", "cat", "echo", "true", "id", "ls", "uname", "stat", "ionice"] {
            try makeSymbolicLink(name, in: bin.rawValue, to: "busybox")
        }
        let cgroup = cgroup
        spec.linux?.cgroupsPath = cgroup
    }

    /// A program that was built beside the tests.
    private static func program(_ name: String) throws -> String {
        let tests = try readSymbolicLink("/proc/self/exe", in: workingDirectory)
        let beside = tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.startIndex)
        for path in ["\(beside)/\(name)", try workingDirectoryPath() + "/.build/debug/\(name)"]
        where (try? isExecutable(path)) != nil {
            return path
        }
        throw Failure(message: "\(name) is not built")
    }

    private func copy(_ source: String, to target: String) throws {
        let from = try FileDescriptor.open(source, .readOnly)
        let to = try FileDescriptor.open(target, [.writeOnly, .create, .exclusive], mode: 0o755)
        try copyContents(from: from.rawValue, to: to.rawValue)
    }

    func writeSpec() throws {
        try SmallFile.replace(directory + "/config.json", with: JSONWriter.bytes(of: spec), mode: 0o644)
    }

    /// Runs the runtime with its state in the fixture's directory, to its end.
    func runtime(_ arguments: [String], inheriting extra: [Int32] = []) throws -> Outcome {
        try Self.outcome(in: directory) { streams in try start(arguments, streams: streams + extra) }
    }

    /// Runs a script that calls the runtime as `$RUNTIME`.
    @discardableResult
    func shell(_ script: String, inheriting extra: [Int32] = []) throws -> Outcome {
        let program = try Self.program("berth-runtime")
        return try Self.outcome(in: directory) { streams in
            try HostProgram.spawn(
                "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin", "RUNTIME=\(program)"],
                descriptors: streams + extra, session: true)
        }
    }

    /// Starts the runtime with the given descriptors from 0 on; the caller waits for it.
    func start(_ arguments: [String], streams: [Int32]) throws -> Int32 {
        let words = launcher + [try Self.program("berth-runtime"), "--root", stateRoot] + arguments
        return try HostProgram.spawn(
            words[0], arguments: words, environment: ["PATH=/usr/bin:/bin"], descriptors: streams, session: true)
    }

    private static func outcome(in directory: String, _ start: ([Int32]) throws -> Int32) throws -> Outcome {
        let name = directory + "/out-\(UInt32.random(in: 0 ... .max))"
        let output = try FileDescriptor.open(name, [.writeOnly, .create], mode: 0o600)
        let errors = try FileDescriptor.open(name + ".err", [.writeOnly, .create], mode: 0o600)
        let null = try FileDescriptor.open("/dev/null", .readOnly)
        let process = try start([null.rawValue, output.rawValue, errors.rawValue])
        let exit = try ChildExit.wait(for: process)
        return Outcome(
            code: Int32(exit.status), output: try SmallFile.text(name), log: try SmallFile.text(name + ".err"))
    }

    /// Runs the bundle's program in the foreground.
    func run(inheriting extra: [Int32] = []) throws -> Outcome {
        try writeSpec()
        return try runtime(["run", "--bundle", directory, id], inheriting: extra)
    }

    /// Runs the guest and answers what it saw.
    func observe(inheriting extra: [Int32] = []) throws -> Observation {
        try Self.observation(try run(inheriting: extra))
    }

    static func observation(_ outcome: Outcome) throws -> Observation {
        guard outcome.code == 0 else { throw Failure(message: "exit code \(outcome.code): \(outcome.errors)") }
        return try Array(outcome.output.utf8).withUnsafeBytes { try JSONReader.parse(Observation.self, $0) }
    }

    /// Creates and starts a container that lives until it is killed.
    func startSleeping() throws -> Int32 {
        var copy = self
        copy.spec.process?.args = ["sleep", "1000"]
        try copy.writeSpec()
        for arguments in [["create", "--bundle", directory, id], ["start", id]] {
            let outcome = try runtime(arguments)
            guard outcome.code == 0 else { throw Failure(message: outcome.errors) }
        }
        return try pid()
    }

    func pid() throws -> Int32 {
        let text = try runtime(["state", id]).output
        guard let line = text.split(separator: "\n").first(where: { $0.contains("\"pid\"") }),
            let pid = Int32(line.filter(\.isNumber))
        else { throw Failure(message: "no pid in \(text)") }
        return pid
    }

    /// What a container could have left on the host: cgroups, state, mounts.
    func leftovers() throws -> [String] {
        var found = try Directory.entries("/sys/fs/cgroup").map { "/sys/fs/cgroup/\($0.name)\(cgroup)" }
            .filter { Directory.exists($0) }
        found += ((try? Directory.entries(stateRoot)) ?? []).map { stateRoot + "/" + $0.name }
        found += try SmallFile.text("/proc/self/mountinfo", limit: 16 << 20).split(separator: "\n").map(String.init)
            .filter { $0.contains(directory) }
        return found
    }
}

extension Spec {
    /// The guest in namespaces of its own, with the usual mounts and few rights.
    static var plain: Spec {
        var process = ProcessSpec()
        process.args = ["/guest"]
        process.env = ["PATH=/bin", "MARK=here"]
        process.cwd = "/"
        process.noNewPrivileges = true
        process.capabilities = CapabilitySets(
            bounding: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"])
        let hard = ["nosuid", "noexec", "nodev"]
        var spec = Spec()
        spec.ociVersion = "1.2.0"
        spec.process = process
        spec.root = Root(path: "rootfs")
        spec.hostname = "inside"
        spec.mounts = [
            Mount(destination: "/proc", type: "proc", source: "proc"),
            Mount(destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755"]),
            Mount(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
            Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: hard),
            Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: hard + ["ro"]),
            Mount(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: hard + ["ro"]),
        ]
        var linux = Linux()
        linux.namespaces = [.pid, .network, .ipc, .uts, .mount, .cgroup].map { LinuxNamespace(type: $0) }
        spec.linux = linux
        return spec
    }
}

extension Observation {
    /// The fields of the topmost mount at a path: options, and what follows the separator.
    func mount(at path: String) -> (options: [Substring], type: Substring, superOptions: [Substring])? {
        guard let line = mounts.last(where: { $0.split(separator: " ")[4] == path }) else { return nil }
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-") else { return nil }
        return (fields[5].split(separator: ","), fields[dash + 1], fields[dash + 3].split(separator: ","))
    }
}
