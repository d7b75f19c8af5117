import RuntimeSpec
import Testing

@testable import Cgroups
@testable import DBus

@Suite struct SystemdUnitTests {
    private func unit(_ path: String?, isUser: Bool = false) throws -> SystemdUnit {
        try SystemdUnit(path: path, containerID: "id", isUser: isUser, onVersion2: true)
    }

    @Test func `a path names slice, prefix and scope as runc's does`() throws {
        #expect(
            try unit("machine.slice:libpod:x")
                == SystemdUnit(name: "libpod-x.scope", slice: "machine.slice", isUser: false))
        #expect(try unit(":docker:x") == SystemdUnit(name: "docker-x.scope", slice: "system.slice", isUser: false))
        #expect(try unit(nil) == SystemdUnit(name: "berth-id.scope", slice: "system.slice", isUser: false))
        #expect(try unit("", isUser: true) == SystemdUnit(name: "berth-id.scope", slice: "user.slice", isUser: true))
        #expect(try unit("a.slice::pod.slice") == SystemdUnit(name: "pod.slice", slice: "a.slice", isUser: false))
        #expect(try unit("kubepods-pod1.slice:cri:x").directory == "/kubepods.slice/kubepods-pod1.slice/cri-x.scope")
        #expect(try unit("-.slice:a:b").directory == "/a-b.scope")
    }

    @Test(arguments: [
        "/a/b", "a:b", "a.slice:b:c:d", "a:b:c", "a.slice:b:", "a--b.slice:c:d", "-a.slice:b:c", "a.slice:b:c/d",
        "a/../b.slice:c:d", ".slice:a:b", "a.slice:b:c d",
    ])
    func `a path of another form is refused by its field`(path: String) throws {
        let error = #expect(throws: CgroupError.self) { try unit(path) }
        #expect("\(try #require(error))".hasPrefix("linux.cgroupsPath: expected"))
    }

    @Test func `a unit's cgroups lie below the manager's own in every hierarchy`() throws {
        let layout = CgroupLayout(
            hierarchies: [
                CgroupLayout.Hierarchy(controllers: ["pids"], mountPoint: "/cg/pids"),
                CgroupLayout.Hierarchy(controllers: ["name=systemd"], mountPoint: "/cg/systemd", ownPath: "/own"),
            ], unified: CgroupLayout.Unified(mountPoint: "/cg/unified", ownPath: "/own"))
        let manager = try CgroupManager(
            systemdPath: "a-b.slice:p:n", containerID: "x", layout: layout, isUser: false, root: { _ in "/outer" })
        let tail = "/outer/a.slice/a-b.slice/p-n.scope"
        #expect(
            manager.paths == [
                "pids": "/cg/pids" + tail, "name=systemd": "/cg/systemd" + tail, "": "/cg/unified" + tail,
            ])
        #expect(try CgroupManager(loading: manager.paths, unit: manager.unit).unit == manager.unit)
    }

    private func properties(
        _ json: String, isUnified: Bool = true, version: Int = 252
    ) throws -> [String: DBusValue] {
        let resources = try Array(json.utf8).withUnsafeBytes { try Resources(parsing: $0) }
        let list = try SystemdResources(isUnified: isUnified, version: version).properties(resources)
        return Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0.value) })
    }

    private static let limits = #"""
        {"memory": {"limit": 1000, "swap": 3000, "reservation": 500}, "pids": {"limit": 9}, "blockIO": {"weight": 100},
         "cpu": {"shares": 1024, "quota": 12345, "period": 50000, "cpus": "0-1,9", "mems": "0"}}
        """#

    @Test func `limits become properties of version 2`() throws {
        #expect(
            try properties(Self.limits) == [
                "MemoryMax": .uint64(1000), "MemorySwapMax": .uint64(2000), "MemoryLow": .uint64(500),
                "TasksMax": .uint64(9), "CPUWeight": .uint64(100), "CPUQuotaPeriodUSec": .uint64(50_000),
                "CPUQuotaPerSecUSec": .uint64(250_000), "AllowedCPUs": .bytes([3, 2]),
                "AllowedMemoryNodes": .bytes([1]),
            ])
    }

    @Test func `limits become properties of version 1, and only those that an old manager knows`() throws {
        #expect(
            try properties(Self.limits, isUnified: false, version: 239) == [
                "MemoryLimit": .uint64(1000), "TasksMax": .uint64(9), "CPUShares": .uint64(1024),
                "CPUQuotaPerSecUSec": .uint64(250_000), "BlockIOWeight": .uint64(100),
            ])
    }

    @Test func `no limit is the greatest number`() throws {
        #expect(
            try properties(#"{"memory": {"limit": -1}, "pids": {"limit": -1}, "cpu": {"quota": -1}}"#) == [
                "MemoryMax": .uint64(.max), "MemorySwapMax": .uint64(.max), "TasksMax": .uint64(.max),
                "CPUQuotaPerSecUSec": .uint64(.max),
            ])
        #expect(try properties("{}").isEmpty)
    }

    @Test func `files of version 2 that the configuration names become properties`() throws {
        let json = #"""
            {"unified": {"memory.high": "5", "memory.max": "max", "cpu.max": "20000 100000", "cpuset.cpus": "8",
             "pids.max": "3", "hugetlb.2MB.max": "7"}}
            """#
        #expect(
            try properties(json) == [
                "MemoryHigh": .uint64(5), "MemoryMax": .uint64(.max), "CPUQuotaPeriodUSec": .uint64(100_000),
                "CPUQuotaPerSecUSec": .uint64(200_000), "AllowedCPUs": .bytes([0, 1]), "TasksMax": .uint64(3),
            ])
        for wrong in [#"{"unified": {"memory.high": "x"}}"#, #"{"unified": {"cpu.max": "1 0"}}"#] {
            #expect(throws: CgroupError.self, "\(wrong)") { try properties(wrong) }
        }
    }

    @Test func `a list of CPUs that is none is refused`() {
        #expect(SystemdResources.bits("0-2,7\n") == [0x87])
        for list in ["x", "3-1", "1-2-3", "-", "99999999999"] { #expect(SystemdResources.bits(list) == nil, "\(list)") }
    }

    private static let table = "Character devices:\n  1 mem\n136 pts\n\nBlock devices:\n  8 sd\n136 other\n"

    private func devices(_ rules: [DeviceAccess]) -> [String: DBusValue] {
        Dictionary(
            uniqueKeysWithValues: SystemdDevices.properties(rules, table: Self.table).map { ($0.name, $0.value) })
    }

    @Test func `device rules become a list of what is allowed, in systemd's names`() {
        let rules = [
            DeviceAccess.denyAll, DeviceAccess(allow: true, .character, 1, 3, .all),
            DeviceAccess(allow: true, .character, 136, nil, [.read, .write]),
            DeviceAccess(allow: true, .block, nil, nil, .mknod), DeviceAccess(allow: true, .block, 8, nil, .read),
            DeviceAccess(allow: true, .character, 77, nil, .read),
        ]
        let pairs = [("/dev/char/1:3", "rwm"), ("block-*", "m"), ("block-sd", "r"), ("char-pts", "rw")]
        #expect(
            devices(rules) == [
                "DevicePolicy": .string("strict"),
                "DeviceAllow": .array(of: "(ss)", pairs.map { .structure([.string($0.0), .string($0.1)]) }),
            ])
        let everything = DeviceAccess(allow: true, .all, nil, nil, .all)
        #expect(devices([everything]) == ["DevicePolicy": .string("auto"), "DeviceAllow": .array(of: "(ss)", [])])
        // Everything but something is more than systemd can say: the cgroup's own rules decide.
        let except = [everything, DeviceAccess(allow: false, .character, 1, 3, .all)]
        #expect(devices(except) == ["DevicePolicy": .string("strict"), "DeviceAllow": .array(of: "(ss)", [])])
    }

    @Test func `annotations set any property`() throws {
        let list = try SystemdAnnotations.properties([
            "org.systemd.property.CollectMode": "'inactive-or-failed'", "org.systemd.property.TimeoutStopSec": "7",
            "org.systemd.property.TasksMax": "uint64 5", "org.systemd.property.After": "['a, b.service', \"c\"]",
            "org.systemd.property.SendSIGHUP": "true", "other": "x",
        ])
        #expect(
            list == [
                SystemdProperty("After", .strings(["a, b.service", "c"])),
                SystemdProperty("CollectMode", .string("inactive-or-failed")),
                SystemdProperty("SendSIGHUP", .boolean(true)), SystemdProperty("TasksMax", .uint64(5)),
                SystemdProperty("TimeoutStopUSec", .uint64(7_000_000)),
            ])
        for (name, value) in [
            ("A1", "true"), ("Some-Name", "1"), ("TimeoutStopSec", "'x'"), ("TasksMax", "5 x y"), ("After", "['a', 1]"),
        ] {
            #expect(throws: CgroupError.self, "\(name)=\(value)") {
                try SystemdAnnotations.properties(["org.systemd.property." + name: value])
            }
        }
    }
}
