internal import Glibc
internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// A bundle whose image, volumes and configuration an attacker may have had a hand in, with a canary of the host's
/// beside it, and the runtime that runs it. Its program is the guest, which reports what it sees.
struct AttackBundle {
    let directory: String
    let id: String
    let canary: Canary
    var spec: Spec
    /// The command line's first words.
    var runtimeWords: [String]

    var rootfs: String { directory + "/rootfs" }
    var stateRoot: String { directory + "/state" }

    struct Failure: Error {
        let message: String
    }

    /// Gives `body` a bundle. Afterwards its containers are gone, and it is checked that the canary is untouched and that
    /// no mount of theirs is left on the host.
    static func with(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (inout AttackBundle) throws -> Void
    ) throws {
        try withScratchDirectory("attack") { directory in
            var bundle = try AttackBundle(directory: directory)
            defer {
                for entry in (try? Directory.entries(bundle.stateRoot)) ?? [] {
                    _ = try? bundle.runtime(["delete", "--force", entry.name])
                }
            }
            try body(&bundle)
            bundle.canary.expectUntouched(sourceLocation: sourceLocation)
            let mounts = try SmallFile.text("/proc/self/mountinfo", limit: 16 << 20).split(separator: "\n")
                .filter { $0.contains(directory + "/") }
            #expect(mounts.isEmpty, "left on the host: \(mounts)", sourceLocation: sourceLocation)
        }
    }

    private init(directory: String) throws {
        self.directory = directory
        id = "a" + directory.split(separator: "-").last!
        runtimeWords = [try BuiltProgram.path("berth-runtime"), "--root", directory + "/state"]
        spec = .attacked
        // The root of a user namespace must be able to pass through.
        try #require(chmod(directory, 0o711) == 0)
        canary = try Canary(at: directory + "/canary")
        spec.linux?.cgroupsPath = "/berth-advisories-" + id
        try Self.makeRootfs(rootfs)
    }

    /// The guest and busybox, and nothing else that a runtime could expect.
    static func makeRootfs(_ path: String) throws {
        for directory in ["", "/bin", "/tmp", "/etc"] { try makeDirectory(path + directory, mode: 0o755) }
        try BuiltProgram.copy("guest", to: path + "/guest")
        try BuiltProgram.copy("attacker", to: path + "/attacker")
        try copyFile("/bin/busybox", to: path + "/bin/busybox")
        for name in ["sh", "sleep", "cat", "echo", "true", "id", "ls", "mkdir", "mknod", "dd", "mount", "grep"] {
            try link(path + "/bin/" + name, to: "busybox")
        }
    }

    // MARK: Preparing

    static func link(_ path: String, to target: String) throws {
        guard symlink(target, path) == 0 else { throw Failure(message: "\(path): \(errno)") }
    }

    /// Puts a link into the image; `name` begins with a slash.
    func link(_ name: String, to target: String) throws {
        try Self.link(rootfs + name, to: target)
    }

    func makeDirectories(_ names: String...) throws {
        for name in names { try makeDirectory(rootfs + name, mode: 0o755) }
    }

    mutating func mount(
        _ destination: String, type: String = "tmpfs", source: String = "tmpfs", _ options: [String] = []
    ) {
        spec.mounts.append(Mount(destination: destination, type: type, source: source, options: options))
    }

    mutating func unmount(_ destinations: String...) {
        spec.mounts.removeAll { destinations.contains($0.destination) }
    }

    // MARK: Running

    func runtime(_ arguments: [String], inheriting extra: [Int32] = []) throws -> Outcome {
        try Outcome.of(runtimeWords + arguments, in: directory, inheriting: extra)
    }

    func writeSpec() throws {
        try SmallFile.replace(directory + "/config.json", with: JSONWriter.bytes(of: spec))
    }

    /// Runs the bundle's program in the foreground, `words` if there are any.
    func run(_ words: String..., inheriting extra: [Int32] = []) throws -> Outcome {
        var copy = self
        if !words.isEmpty { copy.spec.process?.args = words }
        try copy.writeSpec()
        return try runtime(["run", "--bundle", directory, id], inheriting: extra)
    }

    /// Creates and starts a container that goes on until it is killed.
    func start(_ words: String...) throws {
        var copy = self
        copy.spec.process?.args = words
        try copy.writeSpec()
        for arguments in [["create", "--bundle", directory, id], ["start", id]] {
            let outcome = try runtime(arguments)
            guard outcome.code == 0 else { throw Failure(message: outcome.errors) }
        }
    }

    func exec(_ options: [String] = [], _ words: String..., inheriting extra: [Int32] = []) throws -> Outcome {
        try runtime(["exec"] + options + [id] + words, inheriting: extra)
    }

    func delete() throws {
        _ = try runtime(["delete", "--force", id])
    }

    /// What a guest saw.
    static func observation(
        _ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Observation {
        try #require(outcome.code == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        return try Array(outcome.output.utf8).withUnsafeBytes { try JSONReader.parse(Observation.self, $0) }
    }

    /// A log that the attacker writes into the image, once `line` has come to stand in it.
    func log(_ name: String = "/tmp/log", waitingFor line: String? = nil) throws -> [String] {
        for _ in 0..<1000 {
            let lines = ((try? SmallFile.text(rootfs + name, limit: 64 << 20)) ?? "").split(separator: "\n")
            if line == nil || lines.contains(where: { $0.hasPrefix(line ?? "") }) { return lines.map(String.init) }
            usleep(10_000)
        }
        throw Failure(message: "\"\(line ?? "")\" never came")
    }
}

extension Spec {
    /// The guest with what container engines give by default: namespaces but for users, the usual mounts, the usual
    /// capabilities.
    static var attacked: Spec {
        let rights = [
            "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD", "CAP_NET_RAW",
            "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
        ]
        var process = ProcessSpec()
        process.args = ["/guest"]
        process.env = ["PATH=/bin"]
        process.cwd = "/"
        process.capabilities = CapabilitySets(bounding: rights, effective: rights, permitted: rights)
        let hard = ["nosuid", "noexec", "nodev"]
        var spec = Spec()
        spec.ociVersion = "1.2.0"
        spec.process = process
        spec.root = Root(path: "rootfs")
        spec.hostname = "attacked"
        spec.mounts = [
            Mount(destination: "/proc", type: "proc", source: "proc", options: hard),
            Mount(destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755"]),
            Mount(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
            Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: hard + ["ro"]),
        ]
        var linux = Linux()
        linux.namespaces = [.pid, .network, .ipc, .uts, .mount].map { LinuxNamespace(type: $0) }
        linux.maskedPaths = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"]
        linux.readonlyPaths = ["/proc/bus", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        spec.linux = linux
        return spec
    }
}
