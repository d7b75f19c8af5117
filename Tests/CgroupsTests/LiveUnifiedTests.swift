import Foundation
import Kernel
import RuntimeSpec
import Testing

@testable import Cgroups

@Suite(.serialized, .needsUnified) struct LiveUnifiedTests {
    /// The version 2 hierarchy alone.
    private func unifiedOnly() throws -> LiveCgroup {
        let layout = try CgroupLayout.discover()
        return try LiveCgroup(CgroupLayout(hierarchies: [], unified: layout.unified))
    }

    @Test func `the device program permits and forbids by the rules, one program at a time`() throws {
        let cgroup = try unifiedOnly()
        let node = NSTemporaryDirectory() + "/berth-node-" + UUID().uuidString
        try #require(mknod(node, S_IFCHR | 0o600, 1 << 8 | 11) == 0)
        defer { unlink(node) }
        try cgroup.manager.apply(Resources())
        #expect(try cgroup.status("exec 3< /dev/null && exec 3> /dev/null") == 0)
        #expect(try cgroup.status("exec 3< \(node)") != 0)
        var resources = Resources()
        resources.devices = [
            DeviceRule(allow: true, type: .character, major: 1, access: "rw"),
            DeviceRule(allow: false, type: .character, major: 1, minor: 11, access: "w"),
        ]
        try cgroup.manager.update(resources)
        #expect(try cgroup.status("exec 3< \(node)") == 0)
        #expect(try cgroup.status("exec 3> \(node)") != 0)
        #expect(try cgroup.status("exec 3<> \(node)") != 0)
        guard let directory = try cgroup.manager.openV2Directory() else {
            Issue.record("no version 2 directory")
            return
        }
        #expect(try DeviceProgram.programs(onCgroup: directory.rawValue).count == 1)
    }

    @Test func `frozen processes can be killed`() throws {
        let cgroup = try unifiedOnly()
        let process = try cgroup.run("while :; do sleep 1000 & sleep 0.01; done")
        try cgroup.manager.freeze()
        #expect(try cgroup.manager.freezerState == .frozen)
        try cgroup.manager.kill()
        process.waitUntilExit()
        #expect(try eventually { try cgroup.manager.pids().isEmpty })
        try cgroup.manager.thaw()
        #expect(try cgroup.manager.freezerState == .thawed)
    }
}
