import Glibc
import Kernel
import Logging
import Model
import NIOCore
import NIOPosix
import Testing

@testable import Tasks

/// The shims that every life-cycle test runs with.
enum ShimMake: String, CaseIterable, CustomTestStringConvertible {
    case berth
    case runc

    var testDescription: String { rawValue }
    var runtime: String { self == .berth ? "io.containerd.berth.v1" : "io.containerd.runc.v2" }
}

/// One test's supervisor with a scratch directory: a runtime, its event socket, a root file system of busybox.
final class Fixture {
    let directory: String
    /// Of this test only: third-party runtimes keep state by namespace and id.
    var namespace: String { "test-" + (directory.split(separator: "/").last ?? "") }
    let sink: RecordingSink
    let configuration: TaskRuntimeConfiguration
    private(set) var runtime: ShimTaskRuntime
    private var server: ShimEventServer

    private init(
        directory: String, sink: RecordingSink, configuration: TaskRuntimeConfiguration, runtime: ShimTaskRuntime,
        server: ShimEventServer
    ) {
        self.sink = sink
        self.directory = directory
        self.configuration = configuration
        self.runtime = runtime
        self.server = server
    }

    /// Runs `body` with a supervisor of its own, then ends every shim and removes every trace, also after a failure.
    static func with(
        deadlines: TaskRuntimeConfiguration.Deadlines = .init(), shimProgram: String = Fixture.shimProgram,
        _ body: (Fixture) async throws -> Void
    ) async throws {
        let directory = "/run/berth-tasks-test/" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try TaskBundle.makeDirectories(directory)
        var configuration = Self.configuration(directory)
        configuration.deadlines = deadlines
        configuration.shimProgram = shimProgram
        try makeRootfs(directory + "/rootfs")
        let sink = RecordingSink()
        let (runtime, server) = try await life(configuration, sink)
        let fixture = Fixture(
            directory: directory, sink: sink, configuration: configuration, runtime: runtime, server: server)
        do {
            try await body(fixture)
        } catch {
            await fixture.tearDown()
            throw error
        }
        await fixture.tearDown()
    }

    static func configuration(_ directory: String) -> TaskRuntimeConfiguration {
        var configuration = TaskRuntimeConfiguration(
            stateDirectory: directory + "/state", address: directory + "/b.sock", shimProgram: shimProgram,
            publishProgram: "/bin/true")
        configuration.replacedRuntimes = []
        return configuration
    }

    /// The built shim, beside the test program.
    static var shimProgram: String { products + "/containerd-shim-berth-v1" }
    static var products: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private static func life(
        _ configuration: TaskRuntimeConfiguration, _ sink: RecordingSink
    ) async throws -> (ShimTaskRuntime, ShimEventServer) {
        var logger = Logger(label: "tasks-test")
        logger.logLevel = .error
        let group = MultiThreadedEventLoopGroup.singleton
        let runtime = try ShimTaskRuntime(configuration: configuration, events: sink, group: group, logger: logger)
        await runtime.recover()
        let server = try await ShimEventServer.start(
            path: configuration.eventAddress, group: group, logger: logger
        ) { await runtime.accept($0) }
        return (runtime, server)
    }

    /// A new supervisor in the place of the first, which is left without its event socket, as one that died.
    func restart(_ whileDown: () async throws -> Void = {}) async throws {
        await server.close()
        await runtime.forgetAll()
        try await whileDown()
        try waitForStarts()
        (runtime, server) = try await Self.life(configuration, sink)
    }

    /// As a daemon does: a program that the last supervisor was about to execute when it was killed holds its lock.
    private func waitForStarts() throws {
        let lock = try FileDescriptor.open(directory + "/lock", [.readWrite, .create], mode: 0o600)
        try lockFile(lock.rawValue)
    }

    /// Does one thing in a supervisor of its own process, which dies at the failpoint if one is named.
    /// - Returns: how it ended: 0, or 128 + 9.
    func probe(
        _ verb: String, _ id: String, _ make: ShimMake, _ script: String, failpoint: String = ""
    ) throws -> UInt32 {
        try ChildExit.wait(for: startProbe(verb, id, make, script, failpoint: failpoint)).status
    }

    /// - Returns: the probe's pid, for the caller to wait for.
    func startProbe(_ verb: String, _ id: String, _ make: ShimMake, _ script: String, failpoint: String = "") throws
        -> Int32
    {
        let spec = directory + "/spec-" + id
        try SmallFile.replace(spec, with: Array(Self.spec("CONTAINER-ID", script, cgroup: directory).utf8))
        let program = Self.products + "/supervisor-probe"
        var environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        if !failpoint.isEmpty { environment.append("BERTH_FAILPOINTS=\(failpoint)=kill") }
        return try HostProgram.spawn(
            program, arguments: [program, verb, directory, Self.shimProgram, make.runtime, id, spec],
            environment: environment, descriptors: [0, 1, 2], session: false)
    }

    /// Cgroups of this fixture's containers, in any hierarchy.
    var cgroups: [String] {
        let name = "berth-tasks-test-" + (directory.split(separator: "/").last ?? "")
        return Self.names("/sys/fs/cgroup").flatMap { hierarchy in
            Self.names("/sys/fs/cgroup/\(hierarchy)/\(name)").compactMap { entry in
                let path = "/sys/fs/cgroup/\(hierarchy)/\(name)/\(entry)"
                var status = stat()
                return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? path : nil
            }
        }
    }

    private func tearDown() async {
        let runtime = self.runtime
        if let tasks = try? await runtime.list(namespace: namespace) {
            for task in tasks {
                try? await runtime.kill(task.containerID, exec: "", signal: 9, all: true, namespace: namespace)
                _ = await Self.eventually {
                    let state = try? await runtime.state(task.containerID, exec: "", namespace: namespace)
                    return state?.status != .running
                }
                _ = try? await runtime.delete(task.containerID, namespace: namespace)
            }
        }
        await server.close()
        for pid in shims { Glibc.kill(pid, SIGKILL) }
        for mount in mounts { umount2(String(mount.split(separator: " ")[1]), Int32(MNT_DETACH)) }
        for path in cgroups { rmdir(path) }
        let name = "berth-tasks-test-" + (directory.split(separator: "/").last ?? "")
        for hierarchy in Self.names("/sys/fs/cgroup") { rmdir("/sys/fs/cgroup/\(hierarchy)/\(name)") }
        try? DirectoryTree.remove(directory)
    }

    // MARK: - What tests look at

    /// Pids of processes whose command line names this fixture's socket: its shims.
    var shims: [Int32] {
        guard let stream = opendir("/proc") else { return [] }
        defer { closedir(stream) }
        var found: [Int32] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let pid = Int32(name), let line = Self.contents("/proc/\(pid)/cmdline") else { continue }
            if line.contains(configuration.address + "\0") { found.append(pid) }
        }
        return found
    }

    /// What a process that should be gone is and does.
    static func describe(_ pid: Int32) -> String {
        let facts = ["cmdline", "stat", "wchan", "stack", "cgroup"].map { contents("/proc/\(pid)/" + $0) ?? "" }
        return facts.joined(separator: " | ").replacing("\0", with: " ").replacing("\n", with: " ")
    }

    /// Mounts below this fixture's directory.
    var mounts: [String] {
        (Self.contents("/proc/self/mounts") ?? "").split(separator: "\n").map(String.init).filter {
            $0.contains(directory + "/state")
        }
    }

    func bundleExists(_ id: String) -> Bool {
        access(TaskBundle(TaskKey(namespace: namespace, id: id), configuration).path, F_OK) == 0
    }

    var sockets: [String] { Self.names(configuration.socketDirectory) }

    static func mode(_ path: String) throws -> mode_t {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_mode & 0o7777
    }

    static func contents(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            text += buffer[..<count]
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func names(_ directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Asks again and again, for at most a minute: tests that block share two threads with those that wait.
    static func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(60)
        while clock.now < end {
            if try await condition() { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return try await condition()
    }

    // MARK: - Containers

    func creation(_ id: String, _ make: ShimMake, _ script: String, stdout: String = "") -> TaskCreation {
        Self.creation(id, make.runtime, script, directory: directory, stdout: stdout)
    }

    static func creation(
        _ id: String, _ runtime: String, _ script: String, directory: String, stdout: String = ""
    ) -> TaskCreation {
        TaskCreation(
            container: ContainerRecord(
                id: id, runtime: .init(name: runtime),
                spec: TypedPayload(
                    typeURL: "types.containerd.io/opencontainers/runtime-spec/1/Spec",
                    value: Array(spec(id, script, cgroup: directory).utf8))),
            rootfs: [Mount(type: "bind", source: directory + "/rootfs", options: ["rbind", "rw"])],
            io: TaskIO(stdout: stdout))
    }

    static func spec(_ id: String, _ script: String, cgroup directory: String) -> String {
        let cgroup = "/berth-tasks-test-" + (directory.split(separator: "/").last ?? "") + "/" + id
        return """
            {"ociVersion":"1.0.2","process":{"user":{"uid":0,"gid":0},"args":["/bin/sh","-c","\(script)"],
            "env":["PATH=/bin"],"cwd":"/","capabilities":{"bounding":["CAP_KILL"],"effective":["CAP_KILL"],
            "permitted":["CAP_KILL"]},"noNewPrivileges":true},"root":{"path":"rootfs"},"hostname":"test",
            "mounts":[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs"}],
            "linux":{"cgroupsPath":"\(cgroup)","namespaces":[{"type":"pid"},{"type":"ipc"},{"type":"uts"},
            {"type":"mount"},{"type":"network"}]}}
            """
    }

    private static func makeRootfs(_ path: String) throws {
        for name in ["", "/bin", "/proc", "/dev", "/tmp", "/sys"] { mkdir(path + name, 0o755) }
        guard link("/usr/bin/busybox", path + "/bin/busybox") == 0 || copy("/usr/bin/busybox", path + "/bin/busybox")
        else { throw Failure(.internal, "busybox cannot be copied") }
        for name in ["sh", "sleep", "true", "cat", "echo"] { symlink("busybox", path + "/bin/" + name) }
    }

    private static func copy(_ source: String, _ target: String) -> Bool {
        let input = open(source, O_RDONLY)
        let output = open(target, O_WRONLY | O_CREAT, 0o755)
        defer {
            close(input)
            close(output)
        }
        guard input >= 0, output >= 0 else { return false }
        while true {
            let count = sendfile(output, input, nil, 1 << 20)
            if count <= 0 { return count == 0 }
        }
    }
}

extension TaskRuntimeConfiguration.Deadlines {
    /// For tests in which shims do not answer.
    static var short: Self {
        var deadlines = Self()
        deadlines.probe = .milliseconds(200)
        deadlines.request = .milliseconds(500)
        return deadlines
    }
}
