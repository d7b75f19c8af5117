import RuntimeSpec
import Testing

@testable import Cgroups

/// Containers that have no cgroup, as those of users who were given none.
@Suite struct AbsentCgroupTests {
    @Test func `without a cgroup all is done that needs none, and the rest is refused`() throws {
        let manager = CgroupManager.none
        #expect(manager.isNone && manager.paths.isEmpty && manager.canBeMade)
        #expect(try !manager.createUnified())
        try manager.createLegacy()
        try manager.joinSelf()
        #expect(try manager.pids().isEmpty)
        #expect(try manager.freezerState == .thawed)
        try manager.kill()
        try manager.remove()
        #expect(try CgroupManager(loading: [:]) == manager)
        let error = #expect(throws: CgroupError.self) { try manager.freeze() }
        #expect(error?.description == "it has no cgroup to be frozen in")
        #expect(throws: CgroupError.self) { _ = try manager.subgroups(["": "below"]) }
    }

    @Test func `limits ask for a cgroup, rules for devices and zeros do not`() throws {
        var resources = Resources()
        resources.devices = [DeviceRule(allow: false, access: "rwm")]
        resources.memory = MemoryResources()
        resources.memory?.limit = 0
        resources.pids = PidsResources(limit: 0)
        #expect(!resources.asksForCgroups)
        try CgroupManager.none.apply(resources)
        let asking: [(inout Resources) -> Void] = [
            { $0.memory?.limit = 1 }, { $0.pids?.limit = 1 }, { $0.unified = ["memory.high": "1"] },
            { $0.rdma = ["mlx": RDMAResources(hcaHandles: 2)] },
            { $0.hugepageLimits = [HugepageLimit(pageSize: "2MB", limit: 1)] },
            {
                $0.cpu = CPUResources()
                $0.cpu?.cpus = "0"
            },
            {
                $0.network = NetworkResources()
                $0.network?.classID = 5
            },
            {
                $0.blockIO = BlockIOResources()
                $0.blockIO?.weight = 10
            },
        ]
        for change in asking {
            var limited = resources
            change(&limited)
            #expect(limited.asksForCgroups)
            let error = #expect(throws: CgroupError.self) { try CgroupManager.none.apply(limited) }
            #expect(error?.description.contains("the container has no cgroup") == true)
        }
    }
}
