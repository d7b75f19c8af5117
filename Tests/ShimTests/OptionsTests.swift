import Glibc
import Kernel
import TTRPC
import TaskAPI
import Testing

/// What a client may choose about the runtime: `containerd.runc.v1.Options`, by the numbers of its fields.
@Suite(.serialized) struct OptionsTests {
    private enum Field {
        static let noNewKeyring: UInt64 = 2
        static let shimCgroup: UInt64 = 3
        static let ioUser: UInt64 = 4
        static let ioGroup: UInt64 = 5
        static let binaryName: UInt64 = 6
        static let root: UInt64 = 7
        static let systemdCgroup: UInt64 = 9
    }

    /// Runs a container to its end; answers what it printed.
    private func output(
        of arguments: [String], in shim: ShimFixture, options: @escaping (inout MessageWriter) -> Void
    ) throws -> String {
        let stdout = try FifoEnd(shim.directory + "/out")
        try shim.prepareBundle(arguments)
        try shim.create(StdioRequest(stdout: shim.directory + "/out"), options: options)
        try shim.start()
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the end of the output") { stdout.drain() }
        return stdout.text
    }

    private func group(of path: String) throws -> UInt32 {
        let descriptor = try FileDescriptor.open(path, .pathOnly)
        let status = try FileStatus(of: descriptor.rawValue)
        withExtendedLifetime(descriptor) {}
        return status.gid
    }

    /// How creating a container with these options fails.
    private func failure(_ options: @escaping (inout MessageWriter) -> Void) throws -> Status? {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/true"])
        do {
            try shim.create(options: options)
            return nil
        } catch let status as Status {
            #expect(shim.code("State", ShimRequest.process(shim.id)) == .notFound)
            return status
        }
    }

    @Test func `pipes belong to the group that was asked for, those of execs as well`() throws {
        let shim = try ShimFixture()
        let show = ["/bin/busybox", "stat", "-Lc", "%g", "/proc/self/fd/1", "/proc/self/fd/2"]
        try shim.prepareBundle(["/bin/sleep", "1000"])
        let stderr = try FifoEnd(shim.directory + "/err")
        try shim.create(StdioRequest(stderr: shim.directory + "/err")) {
            $0.number(Field.ioUser, 1234)
            $0.number(Field.ioGroup, 5678)
        }
        let pid = try shim.start()
        #expect(try group(of: "/proc/\(pid)/fd/2") == 5678)
        #expect(try group(of: shim.directory + "/err") == 0)

        let stdout = try FifoEnd(shim.directory + "/out")
        try shim.exec("e", show, stdio: StdioRequest(stdout: shim.directory + "/out", stderr: shim.directory + "/err"))
        try shim.start("e")
        #expect(try shim.waitForExit("e") == 0)
        try shim.wait("the end of the output") { stdout.drain() }
        #expect(stdout.text == "5678\n5678\n")
        withExtendedLifetime(stderr) {}
    }

    @Test func `a container gets a session keyring of its own unless it is not to`() throws {
        for isShared in [false, true] {
            let shim = try ShimFixture()
            let keys = try output(of: ["/bin/cat", "/proc/keys"], in: shim) {
                $0.number(Field.noNewKeyring, isShared ? 1 : 0)
            }
            #expect(keys.contains("_ses." + shim.id) == !isShared)
        }
    }

    @Test func `the shim moves to the cgroup that was made for it, its container does not`() throws {
        let shim = try ShimFixture()
        let cgroup = shim.id + "-shim"
        let root = "/sys/fs/cgroup"
        let below = try Directory.entries(root).filter(\.isDirectory).map { root + "/" + $0.name }
        let hierarchies = ([root] + below).filter { (try? SmallFile.text($0 + "/cgroup.procs")) != nil }
        let places = hierarchies.map { $0 + "/" + cgroup }
        for place in places { try? Directory.make(place) }
        defer {
            try? shim.killShim()
            for place in places {
                for _ in 0..<500 where Directory.exists(place) {
                    if (try? Directory.remove(place)) == nil { pause(microseconds: 10_000) }
                }
            }
        }
        // Version 1's cpusets take no process before they have processors and memory.
        for hierarchy in hierarchies {
            for file in ["cpuset.cpus", "cpuset.mems"] {
                guard let value = try? SmallFile.text(hierarchy + "/" + file) else { continue }
                try? SmallFile.write(value, to: "\(hierarchy)/\(cgroup)/\(file)")
            }
        }
        try shim.prepareBundle(["/bin/sleep", "1000"])
        let pid = try shim.create { $0.text(Field.shimCgroup, "/" + cgroup) }
        try shim.start()
        let its = try SmallFile.text("/proc/\(shim.shim)/cgroup")
        let containers = try SmallFile.text("/proc/\(pid)/cgroup")
        #expect(its.contains(":/\(cgroup)\n"), "\(its)")
        #expect(!containers.contains(cgroup), "\(containers)")
        try shim.call("Kill", ShimRequest.kill(shim.id, signal: 9))
        _ = try shim.waitForExit()
        try shim.call("Delete", ShimRequest.process(shim.id))
    }

    @Test func `a cgroup that is not there for the shim is an error that names it`() throws {
        let status = try failure { $0.text(Field.shimCgroup, "/no/such/cgroup") }
        #expect(status?.code == .notFound)
        #expect(status?.message.contains("\"/no/such/cgroup\"") == true, "\(status?.message ?? "")")
    }

    @Test(.enabled(if: access("/run/systemd/private", F_OK) != 0, "systemd runs here"))
    func `cgroups by a systemd that does not run are refused instead of made otherwise`() throws {
        let status = try failure { $0.number(Field.systemdCgroup, 1) }
        #expect(status?.message.contains("systemd") == true, "\(status?.message ?? "")")
    }

    @Test func `another runtime is refused by name`() throws {
        let status = try failure { $0.text(Field.binaryName, "/usr/bin/runsc") }
        #expect(status?.code == .invalidArgument)
        #expect(status?.message.contains("\"/usr/bin/runsc\"") == true, "\(status?.message ?? "")")
    }

    @Test func `what tells how runc is run has no effect and is logged`() throws {
        let shim = try ShimFixture()
        let text = try output(of: ["/bin/echo", "ran"], in: shim) {
            $0.text(Field.binaryName, "/usr/sbin/runc")
            $0.text(Field.root, "/run/elsewhere")
        }
        #expect(text == "ran\n")
        #expect(shim.log.contains("runtime options without effect: binary_name, root"), "\(shim.log)")
        #expect(!Directory.exists("/run/elsewhere"))
    }
}
