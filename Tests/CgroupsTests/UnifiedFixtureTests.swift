import RuntimeSpec
import Testing

@testable import Cgroups

@Suite struct UnifiedFixtureTests {
    private let empty = [
        "memory.max", "memory.swap.max", "memory.low", "cpu.weight", "cpu.max", "cpu.max.burst", "cpu.idle",
        "cpuset.cpus",
        "cpuset.mems", "pids.max", "io.weight", "io.max", "hugetlb.2MB.max", "rdma.max", "memory.high",
    ]

    private func apply(_ resources: Resources, to fixture: Fixture) throws {
        try UnifiedCgroup(mountPoint: fixture.path, path: fixture.path).set(resources)
    }

    @Test func `resources are written as version 2 takes them`() throws {
        let fixture = try Fixture(Dictionary(uniqueKeysWithValues: empty.map { ($0, "") }))
        var resources = Resources()
        resources.memory = MemoryResources()
        resources.memory?.limit = 1000
        resources.memory?.swap = 1500
        resources.memory?.reservation = 500
        resources.cpu = CPUResources()
        resources.cpu?.shares = 1024
        resources.cpu?.quota = 5000
        resources.cpu?.period = 10000
        resources.cpu?.cpus = "0-1"
        resources.pids = PidsResources(limit: 9)
        resources.blockIO = BlockIOResources()
        resources.blockIO?.weight = 1000
        resources.blockIO?.throttleReadBpsDevice = [BlockIOThrottle(major: 8, minor: 16, rate: 4096)]
        resources.hugepageLimits = [HugepageLimit(pageSize: "2MB", limit: 2 << 20)]
        resources.rdma = ["mlx": RDMAResources(hcaHandles: 2)]
        resources.unified = ["memory.high": "800"]
        try apply(resources, to: fixture)
        #expect(fixture.text("memory.max") == "1000" && fixture.text("memory.swap.max") == "500")
        #expect(fixture.text("memory.low") == "500" && fixture.text("memory.high") == "800")
        #expect(fixture.text("cpu.weight") == "100" && fixture.text("cpu.max") == "5000 10000")
        #expect(fixture.text("cpuset.cpus") == "0-1" && fixture.text("pids.max") == "9")
        #expect(fixture.text("io.weight") == "default 10000" && fixture.text("io.max") == "8:16 rbps=4096")
        #expect(
            fixture.text("hugetlb.2MB.max") == "2097152"
                && fixture.text("rdma.max") == "mlx hca_handle=2 hca_object=max")
    }

    @Test func `the fields that few configurations have are written, too`() throws {
        let files = empty + ["io.bfq.weight", "hugetlb.2MB.rsvd.max"]
        let fixture = try Fixture(Dictionary(uniqueKeysWithValues: files.map { ($0, "") }))
        var resources = Resources()
        resources.cpu = CPUResources()
        resources.cpu?.mems = "0"
        resources.cpu?.burst = 700
        resources.cpu?.idle = 1
        resources.cpu?.shares = 512
        resources.blockIO = BlockIOResources()
        resources.blockIO?.weight = 300
        resources.hugepageLimits = [HugepageLimit(pageSize: "2MB", limit: 4096)]
        try apply(resources, to: fixture)
        #expect(fixture.text("cpuset.mems") == "0" && fixture.text("cpu.max.burst") == "700")
        #expect(fixture.text("cpu.idle") == "1" && fixture.text("cpu.weight") == "", "what is idle has no weight")
        #expect(fixture.text("io.bfq.weight") == "300" && fixture.text("io.weight") == "")
        #expect(fixture.text("hugetlb.2MB.rsvd.max") == "4096" && fixture.text("hugetlb.2MB.max") == "4096")
        let device = [BlockIOThrottle(major: 8, minor: 16, rate: 77)]
        let throttles: [(WritableKeyPath<BlockIOResources, [BlockIOThrottle]>, String)] = [
            (\.throttleReadBpsDevice, "8:16 rbps=77"), (\.throttleWriteBpsDevice, "8:16 wbps=77"),
            (\.throttleReadIOPSDevice, "8:16 riops=77"), (\.throttleWriteIOPSDevice, "8:16 wiops=77"),
        ]
        for (field, line) in throttles {
            var throttled = Resources()
            throttled.blockIO = BlockIOResources()
            throttled.blockIO?[keyPath: field] = device
            try apply(throttled, to: fixture)
            #expect(fixture.text("io.max") == line)
        }
        var weighed = Resources()
        weighed.blockIO = BlockIOResources()
        weighed.blockIO?.weightDevice = [BlockIOWeight(major: 8, minor: 0, weight: 500)]
        try apply(weighed, to: fixture)
        #expect(fixture.text("io.bfq.weight") == "8:0 500")
    }

    @Test func `a limit below what is in use is refused when it is to be checked`() throws {
        let fixture = try Fixture(["memory.max": "", "memory.current": "5000\n"])
        var resources = Resources()
        resources.memory = MemoryResources()
        resources.memory?.limit = 4096
        resources.memory?.checkBeforeUpdate = true
        let error = #expect(throws: CgroupError.self) { try apply(resources, to: fixture) }
        #expect(error?.description.hasPrefix("linux.resources.memory.limit: 4096 bytes are less") == true)
        #expect(fixture.text("memory.max") == "", "nothing was written")
    }

    @Test func `every field that only version 1 has is refused`() throws {
        let fixture = try Fixture(Dictionary(uniqueKeysWithValues: empty.map { ($0, "") }))
        let changes: [(String, (inout Resources) -> Void)] = [
            ("memory.kernel", { $0.memory?.kernel = 4096 }), ("memory.kernelTCP", { $0.memory?.kernelTCP = 4096 }),
            ("memory.disableOOMKiller", { $0.memory?.disableOOMKiller = true }),
            ("cpu.realtimeRuntime", { $0.cpu?.realtimeRuntime = 5 }),
            ("cpu.realtimeRuntime", { $0.cpu?.realtimePeriod = 5 }),
            ("blockIO.leafWeight", { $0.blockIO?.leafWeight = 10 }), ("network", { $0.network?.classID = 1 }),
            ("network", { $0.network?.priorities = [NetworkPriority(name: "lo", priority: 1)] }),
        ]
        for (field, change) in changes {
            var resources = Resources()
            resources.memory = MemoryResources()
            resources.cpu = CPUResources()
            resources.blockIO = BlockIOResources()
            resources.network = NetworkResources()
            try apply(resources, to: fixture)
            change(&resources)
            let error = #expect(throws: CgroupError.self) { try apply(resources, to: fixture) }
            #expect(error?.description.hasPrefix("linux.resources.\(field): the host cannot enforce it") == true)
        }
    }

    @Test func `a period alone repeats the quota`() throws {
        let fixture = try Fixture(["cpu.max": "7000 100000\n"])
        var resources = Resources()
        resources.cpu = CPUResources()
        resources.cpu?.period = 50000
        try apply(resources, to: fixture)
        #expect(fixture.text("cpu.max") == "7000 50000")
    }

    @Test func `an unlimited memory and swap is max`() throws {
        let fixture = try Fixture(["memory.max": "", "memory.swap.max": ""])
        var resources = Resources()
        resources.memory = MemoryResources()
        resources.memory?.limit = -1
        try apply(resources, to: fixture)
        #expect(fixture.text("memory.max") == "max" && fixture.text("memory.swap.max") == "max")
    }

    @Test func `what version 2 cannot do is refused by the field's name`() throws {
        let fixture = try Fixture()
        var resources = Resources()
        resources.memory = MemoryResources()
        resources.memory?.swappiness = 60
        let error = #expect(throws: CgroupError.self) { try apply(resources, to: fixture) }
        #expect(
            error?.description == "linux.resources.memory.swappiness: the host cannot enforce it: "
                + "cgroup version 2 has nothing like it")
        var limited = Resources()
        limited.pids = PidsResources(limit: 5)
        let missing = #expect(throws: CgroupError.self) { try apply(limited, to: fixture) }
        #expect(missing?.description.hasPrefix("linux.resources.pids.limit: the host cannot enforce it") == true)
    }

    @Test func `controllers are handed down from the root to the parent`() throws {
        let fixture = try Fixture([
            "cgroup.controllers": "cpu memory pids\n", "cgroup.subtree_control": "",
            "berth/cgroup.controllers": "cpu memory pids\n", "berth/cgroup.subtree_control": "",
        ])
        let cgroup = UnifiedCgroup(mountPoint: fixture.path, path: fixture.path + "/berth/c")
        #expect(try cgroup.create())
        #expect(fixture.text("cgroup.subtree_control") == "+cpu +memory +pids")
        #expect(fixture.text("berth/cgroup.subtree_control") == "+cpu +memory +pids")
    }

    @Test(arguments: [(2, 1), (1024, 100), (262_144, 10000), (1, 1), (512, 59), (2048, 174), (999_999, 10000)])
    func `shares become weights such that the defaults meet`(shares: UInt64, weight: UInt64) {
        #expect(CPUWeight.fromShares(shares) == weight)
    }

    @Test func `statistics are read from the control files`() throws {
        let fixture = try Fixture([
            "cpu.stat": "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 5\nnr_throttled 1\nthrottled_usec 7\n",
            "cpu.pressure":
                "some avg10=1.50 avg60=0.25 avg300=0.00 total=99\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=3\n",
            "memory.current": "4096\n", "memory.max": "max\n", "memory.swap.current": "1\n", "memory.swap.max": "2\n",
            "memory.stat": "anon 11\nfile 12\nworkingset_refault_anon 3\nworkingset_refault_file 4\nunknown 1\n",
            "memory.events": "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n",
            "pids.current": "3\n", "pids.max": "max\n",
            "io.stat": "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n7:1 \n",
            "rdma.current": "mlx hca_handle=2 hca_object=3\n", "rdma.max": "mlx hca_handle=max hca_object=9\n",
        ])
        let statistics = UnifiedStatistics(fixture.directory)
        #expect(statistics.cpu?.usage == 30 && statistics.cpu?.throttledTime == 7)
        #expect(statistics.cpu?.pressure?.some.average10 == 1.5 && statistics.cpu?.pressure?.full.total == 3)
        #expect(statistics.memory?.usage == 4096 && statistics.memory?.limit == .max && statistics.memory?.anon == 11)
        #expect(statistics.memory?.workingsetRefault == 7 && statistics.memory?.events.oomKill == 4)
        #expect(statistics.pids?.current == 3 && statistics.pids?.limit == 0)
        #expect(statistics.io?.devices.count == 2 && statistics.io?.devices.first?.writes == 4)
        #expect(statistics.rdma?.limits.first?.hcaHandles == .max)
    }
}
