import Kernel
import TestKit
import Testing

@testable import Cgroups

@Suite(.needsRoot) struct OwnershipTests {
    private func owner(_ path: String) throws -> UInt32 {
        try FileDescriptor.open(path, .pathOnly).inode().user
    }

    @Test func `the cgroup and the files for delegation change hands, its limits do not`() throws {
        let fixture = try Fixture(["cgroup.procs": "", "cgroup.subtree_control": "", "memory.max": ""])
        try fixture.directory.give(["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"], toUser: 100_000)
        #expect(try owner(fixture.path) == 100_000)
        #expect(try owner(fixture.path + "/cgroup.procs") == 100_000)
        #expect(try owner(fixture.path + "/cgroup.subtree_control") == 100_000)
        #expect(try owner(fixture.path + "/memory.max") == 0)
    }

    @Test func `beside version 1 nothing changes hands`() throws {
        let fixture = try Fixture(["cgroup.procs": ""])
        let manager = try CgroupManager(loading: ["": fixture.path, "pids": fixture.path])
        try manager.give(toUser: 100_000)
        #expect(try owner(fixture.path) == 0)
    }

    @Test func `with version 2 alone the container's cgroup changes hands`() throws {
        let fixture = try Fixture(["cgroup.procs": ""])
        try CgroupManager(loading: ["": fixture.path]).give(toUser: 100_000)
        #expect(try owner(fixture.path) == 100_000 && owner(fixture.path + "/cgroup.procs") == 100_000)
    }
}
