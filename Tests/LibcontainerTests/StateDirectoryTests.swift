internal import Kernel
internal import TestKit
internal import Testing

@testable internal import Libcontainer

@Suite struct StateDirectoryTests {
    @Test(arguments: ["", ".", "..", "a/b", "../x", "a b", "ä", "a\n"])
    func `an ID that could be a path is refused`(id: String) throws {
        try withScratchDirectory("state") { scratch in
            #expect(throws: ContainerError.self) { _ = try StateDirectory.create(id: id, stateRoot: scratch) }
            let entries = try Directory.entries(scratch)
            #expect(entries.isEmpty)
        }
    }

    @Test func `an ID is taken until it is removed`() throws {
        try withScratchDirectory("state") { scratch in
            let first = try StateDirectory.create(id: "one", stateRoot: scratch + "/deep/root")
            var code: ContainerError.Code?
            do throws(ContainerError) {
                _ = try StateDirectory.create(id: "one", stateRoot: scratch + "/deep/root")
            } catch { code = error.code }
            #expect(code == .alreadyExists)
            try first.remove()
            _ = try StateDirectory.create(id: "one", stateRoot: scratch + "/deep/root")
        }
    }

    @Test func `a completed state reads back`() throws {
        try withScratchDirectory("state") { scratch in
            let directory = try StateDirectory.create(id: "one", stateRoot: scratch)
            let reserved = ContainerState(
                ociVersion: "1.2.0", id: "one", bundle: "/b", cgroups: ["": "/sys/fs/cgroup/x"])
            try directory.reserve(reserved)
            #expect(try directory.readState() == reserved)
            var complete = reserved
            complete.pid = 2_000_000_000
            complete.identity = "pidfs:18446744073709551615"
            complete.namespaces = UInt64(UInt32.max)
            complete.ownsProcesses = true
            try directory.complete(complete, reserved: reserved)
            #expect(try directory.readState() == complete)
        }
    }

    @Test func `a container that is being created is no container yet`() throws {
        try withScratchDirectory("state") { scratch in
            let creator = try StateDirectory.create(id: "one", stateRoot: scratch)
            var code: ContainerError.Code?
            do throws(ContainerError) { _ = try Container.load(id: "one", stateRoot: scratch) } catch {
                code = error.code
            }
            #expect(code == .unavailable)
            creator.unlock()
        }
    }

    @Test func `what a creator that died at once left is cleared away`() throws {
        try withScratchDirectory("state") { scratch in
            do { _ = try StateDirectory.create(id: "one", stateRoot: scratch) }
            var code: ContainerError.Code?
            do throws(ContainerError) { _ = try Container.load(id: "one", stateRoot: scratch) } catch {
                code = error.code
            }
            #expect(code == .notFound)
            #expect(try Directory.entries(scratch).isEmpty)
        }
    }
}
