import RuntimeSpec
import Testing

@testable import Cgroups

@Suite struct LayoutTests {
    private let legacyMemberships = "4:memory:/user/a\n3:cpu,cpuacct:/\n1:name=systemd:/x\n0::/y\n"

    private let mountTable = """
        31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
        33 31 0:30 /user /mnt/with\\040space rw - cgroup cgroup rw,memory
        34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
        35 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
        """

    @Test func `hierarchies are found in the mount table`() {
        let layout = CgroupLayout(
            memberships: Membership.parse(legacyMemberships), mounts: CgroupMount.parse(mountTable))
        #expect(layout.mode == .hybrid)
        #expect(
            layout.hierarchy(of: "memory")
                == CgroupLayout.Hierarchy(controllers: ["memory"], mountPoint: "/mnt/with space", ownPath: "/a"))
        #expect(layout.hierarchy(of: "cpuacct")?.mountPoint == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(layout.unified == CgroupLayout.Unified(mountPoint: "/sys/fs/cgroup/unified", ownPath: "/y"))
    }

    @Test func `paths are placed below the root, or relative to one's own cgroup`() throws {
        let layout = CgroupLayout(
            hierarchies: [
                CgroupLayout.Hierarchy(controllers: ["memory"], mountPoint: "/m", ownPath: "/own"),
                CgroupLayout.Hierarchy(controllers: ["cpu", "cpuacct"], mountPoint: "/c", ownPath: "/"),
            ],
            unified: CgroupLayout.Unified(mountPoint: "/u", ownPath: "/a.slice/b.scope"))
        let absolute = try CgroupManager(path: "/docker/x", containerID: "x", layout: layout)
        #expect(
            absolute.paths
                == ["memory": "/m/docker/x", "cpu": "/c/docker/x", "cpuacct": "/c/docker/x", "": "/u/docker/x"])
        let relative = try CgroupManager(path: "k/x", containerID: "x", layout: layout)
        #expect(
            relative.paths == ["memory": "/m/own/k/x", "cpu": "/c/k/x", "cpuacct": "/c/k/x", "": "/u/a.slice/k/x"])
        let unnamed = try CgroupManager(path: nil, containerID: "id", layout: layout)
        #expect(unnamed.paths["memory"] == "/m/berth/id")
    }

    @Test(arguments: ["/", "", "/../x", "a/../../b"]) func `paths that name no cgroup of one's own are refused`(
        path: String
    ) {
        let layout = CgroupLayout(hierarchies: [], unified: CgroupLayout.Unified(mountPoint: "/u"))
        #expect(throws: CgroupError.self) { try CgroupManager(path: path, containerID: "x", layout: layout) }
    }

    @Test(
        arguments: [
            ([(true, "c", 10, 200)], ["c 10:200 rwm"]),
            ([(true, "c", 10, 200), (false, "c", 10, 200)], []),
            ([(true, "c", 10, nil), (true, "b", nil, nil)], ["b *:* rwm", "c 10:* rwm"]),
        ] as [([(Bool, String, Int64?, Int64?)], [String])])
    func `ordered rules come to a list for version 1`(rules: [(Bool, String, Int64?, Int64?)], lines: [String]) throws {
        let accesses = rules.map { rule in
            DeviceAccess(
                DeviceRule(allow: rule.0, type: DeviceRuleType(rawValue: rule.1) ?? .all, major: rule.2, minor: rule.3))
        }
        let list = try DeviceList([.denyAll] + accesses) { "\($0)" }
        let written = list.exceptions.map { node, permissions in
            DeviceAccess(allow: true, node.type, node.major, node.minor, permissions).line
        }
        #expect(written.sorted() == lines && !list.allowsByDefault)
    }

    @Test func `a hole in a wildcard cannot be had in version 1 and is refused`() {
        let rules = [
            DeviceAccess(DeviceRule(allow: true, type: .character, major: 10)),
            DeviceAccess(DeviceRule(allow: false, type: .character, major: 10, minor: 1)),
        ]
        let error = #expect(throws: CgroupError.self) {
            try DeviceList([.denyAll] + rules) { "linux.resources.devices[\($0 - 1)]" }
        }
        #expect(error?.description.hasPrefix("linux.resources.devices[1]: the host cannot enforce it") == true)
    }
}
