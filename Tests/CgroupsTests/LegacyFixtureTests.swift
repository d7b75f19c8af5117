import RuntimeSpec
import Testing

@testable import Cgroups

/// What is written of version 1, for controllers and files that few hosts have.
@Suite struct LegacyFixtureTests {
    private static let controllers = ["memory", "cpu", "cpuset", "blkio", "hugetlb", "net_cls", "net_prio", "rdma"]

    /// A cgroup "c" below a mount point of its own for each controller, with these files.
    private func fixture(_ files: [String]) throws -> (Fixture, CgroupManager) {
        let fixture = try Fixture(
            Dictionary(uniqueKeysWithValues: files.map { ("\($0.prefix { $0 != "/" })/c\($0.drop { $0 != "/" })", "") })
        )
        let layout = CgroupLayout(
            hierarchies: Self.controllers.map {
                CgroupLayout.Hierarchy(controllers: [$0], mountPoint: fixture.path + "/" + $0, ownPath: "/")
            }, unified: nil)
        return (fixture, try CgroupManager(path: "/c", containerID: "c", layout: layout))
    }

    @Test func `memory beside its limit is written`() throws {
        let (fixture, manager) = try fixture(
            ["memory/memory.kmem.limit_in_bytes", "memory/memory.kmem.tcp.limit_in_bytes", "memory/memory.oom_control"]
                + ["memory/memory.swappiness"])
        var resources = Resources()
        resources.memory = MemoryResources()
        resources.memory?.kernel = 4096
        resources.memory?.kernelTCP = 8192
        resources.memory?.disableOOMKiller = true
        resources.memory?.swappiness = 0
        try manager.update(resources)
        #expect(fixture.text("memory/c/memory.kmem.limit_in_bytes") == "4096")
        #expect(fixture.text("memory/c/memory.kmem.tcp.limit_in_bytes") == "8192")
        #expect(fixture.text("memory/c/memory.oom_control") == "1")
        #expect(fixture.text("memory/c/memory.swappiness") == "0")
    }

    @Test func `a limit below what is in use is refused when it is to be checked`() throws {
        let (fixture, manager) = try fixture(["memory/memory.limit_in_bytes"])
        try fixture.write("memory/c/memory.usage_in_bytes", "5000\n")
        var resources = Resources()
        resources.memory = MemoryResources()
        resources.memory?.limit = 4096
        resources.memory?.checkBeforeUpdate = true
        let error = #expect(throws: CgroupError.self) { try manager.update(resources) }
        #expect(error?.description.hasPrefix("linux.resources.memory.limit: 4096 bytes are less") == true)
        #expect(fixture.text("memory/c/memory.limit_in_bytes") == "", "nothing was written")
        resources.memory?.limit = 8192
        try manager.update(resources)
        #expect(fixture.text("memory/c/memory.limit_in_bytes") == "8192")
    }

    @Test func `real time and idleness are written`() throws {
        let (fixture, manager) = try fixture(
            ["cpu/cpu.rt_period_us", "cpu/cpu.rt_runtime_us", "cpu/cpu.idle", "cpu/cpu.shares"])
        var resources = Resources()
        resources.cpu = CPUResources()
        resources.cpu?.realtimePeriod = 1_000_000
        resources.cpu?.realtimeRuntime = 9000
        resources.cpu?.idle = 1
        resources.cpu?.shares = 512
        try manager.update(resources)
        #expect(
            fixture.text("cpu/c/cpu.rt_period_us") == "1000000" && fixture.text("cpu/c/cpu.rt_runtime_us") == "9000")
        #expect(fixture.text("cpu/c/cpu.idle") == "1" && fixture.text("cpu/c/cpu.shares") == "")
    }

    @Test func `weights of block devices are written for the scheduler that the host has`() throws {
        let (fixture, manager) = try fixture(
            ["blkio/blkio.bfq.weight", "blkio/blkio.bfq.weight_device", "blkio/blkio.leaf_weight"]
                + ["blkio/blkio.leaf_weight_device", "blkio/blkio.throttle.write_bps_device"])
        var resources = Resources()
        resources.blockIO = BlockIOResources()
        resources.blockIO?.weight = 200
        resources.blockIO?.leafWeight = 300
        resources.blockIO?.weightDevice = [BlockIOWeight(major: 8, minor: 0, weight: 400, leafWeight: 500)]
        resources.blockIO?.throttleWriteBpsDevice = [BlockIOThrottle(major: 8, minor: 16, rate: 1024)]
        try manager.update(resources)
        #expect(fixture.text("blkio/c/blkio.bfq.weight") == "200" && fixture.text("blkio/c/blkio.leaf_weight") == "300")
        #expect(fixture.text("blkio/c/blkio.bfq.weight_device") == "8:0 400")
        #expect(fixture.text("blkio/c/blkio.leaf_weight_device") == "8:0 500")
        #expect(fixture.text("blkio/c/blkio.throttle.write_bps_device") == "8:16 1024")
    }

    @Test func `huge pages, network marks and RDMA are written`() throws {
        let (fixture, manager) = try fixture(
            [
                "hugetlb/hugetlb.2MB.limit_in_bytes", "hugetlb/hugetlb.2MB.rsvd.limit_in_bytes",
                "net_cls/net_cls.classid",
            ]
                + ["net_prio/net_prio.ifpriomap", "rdma/rdma.max"])
        var resources = Resources()
        resources.hugepageLimits = [HugepageLimit(pageSize: "2MB", limit: 2 << 20)]
        resources.network = NetworkResources()
        resources.network?.classID = 0x10_0001
        resources.network?.priorities = [NetworkPriority(name: "eth0", priority: 5)]
        resources.rdma = ["mlx": RDMAResources(hcaObjects: 7)]
        try manager.update(resources)
        #expect(fixture.text("hugetlb/c/hugetlb.2MB.limit_in_bytes") == "2097152")
        #expect(fixture.text("hugetlb/c/hugetlb.2MB.rsvd.limit_in_bytes") == "2097152")
        #expect(fixture.text("net_cls/c/net_cls.classid") == "1048577")
        #expect(fixture.text("net_prio/c/net_prio.ifpriomap") == "eth0 5")
        #expect(fixture.text("rdma/c/rdma.max") == "mlx hca_handle=max hca_object=7")
    }

    @Test func `every throttle, the soft limit, memory nodes and bursts are written`() throws {
        let (fixture, manager) = try fixture(
            ["read_bps", "write_bps", "read_iops", "write_iops"].map { "blkio/blkio.throttle.\($0)_device" }
                + ["memory/memory.soft_limit_in_bytes", "cpuset/cpuset.mems", "cpu/cpu.cfs_burst_us"])
        var resources = Resources()
        resources.blockIO = BlockIOResources()
        resources.blockIO?.throttleReadBpsDevice = [BlockIOThrottle(major: 8, minor: 1, rate: 1)]
        resources.blockIO?.throttleWriteBpsDevice = [BlockIOThrottle(major: 8, minor: 2, rate: 2)]
        resources.blockIO?.throttleReadIOPSDevice = [BlockIOThrottle(major: 8, minor: 3, rate: 3)]
        resources.blockIO?.throttleWriteIOPSDevice = [BlockIOThrottle(major: 8, minor: 4, rate: 4)]
        resources.memory = MemoryResources()
        resources.memory?.reservation = 12345
        resources.cpu = CPUResources()
        resources.cpu?.mems = "0"
        resources.cpu?.burst = 99
        try manager.update(resources)
        #expect(fixture.text("blkio/c/blkio.throttle.read_bps_device") == "8:1 1")
        #expect(fixture.text("blkio/c/blkio.throttle.write_bps_device") == "8:2 2")
        #expect(fixture.text("blkio/c/blkio.throttle.read_iops_device") == "8:3 3")
        #expect(fixture.text("blkio/c/blkio.throttle.write_iops_device") == "8:4 4")
        #expect(fixture.text("memory/c/memory.soft_limit_in_bytes") == "12345")
        #expect(fixture.text("cpuset/c/cpuset.mems") == "0" && fixture.text("cpu/c/cpu.cfs_burst_us") == "99")
    }

    @Test func `a file of version 2 is refused by its name`() throws {
        let (_, manager) = try fixture([])
        var resources = Resources()
        resources.unified = ["memory.high": "1"]
        let error = #expect(throws: CgroupError.self) { try manager.update(resources) }
        #expect(error?.description.hasPrefix("linux.resources.unified[\"memory.high\"]: the host cannot") == true)
    }
}
