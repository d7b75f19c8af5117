/// The counters of version 1, as the message `io.containerd.cgroups.v1.Metrics` has them.
package struct LegacyStatistics: Sendable, Equatable {
    package let pids: PidsStatistics?
    package let cpu: LegacyCPUStatistics?
    package let memory: LegacyMemoryStatistics?
    package let blockIO: LegacyBlockIOStatistics?
    package let hugePages: [HugePageStatistics]
    package let rdma: RDMAStatistics?

    /// `directory` answers the cgroup of a controller.
    init(_ directory: (String) -> ControlDirectory?) {
        pids = PidsStatistics(directory("pids"))
        cpu = LegacyCPUStatistics(accounting: directory("cpuacct"), bandwidth: directory("cpu"))
        memory = LegacyMemoryStatistics(directory("memory"))
        blockIO = LegacyBlockIOStatistics(directory("blkio"))
        hugePages = directory("hugetlb").map { Self.hugePages($0) } ?? []
        rdma = RDMAStatistics(directory("rdma"))
    }

    private static func hugePages(_ directory: ControlDirectory) -> [HugePageStatistics] {
        HugePageSizes.host().compactMap { size in
            let prefix = "hugetlb.\(size)."
            guard let usage = directory.number(prefix + "usage_in_bytes") else { return nil }
            return HugePageStatistics(
                pageSize: size, usage: usage, limit: directory.number(prefix + "limit_in_bytes") ?? 0,
                peak: directory.number(prefix + "max_usage_in_bytes") ?? 0,
                failures: directory.number(prefix + "failcnt") ?? 0)
        }
    }
}

/// CPU time in nanoseconds.
package struct LegacyCPUStatistics: Sendable, Equatable {
    package let total: UInt64
    package private(set) var user: UInt64 = 0
    package private(set) var kernel: UInt64 = 0
    package let perCPU: [UInt64]
    package private(set) var periods: UInt64 = 0
    package private(set) var throttledPeriods: UInt64 = 0
    package private(set) var throttledTime: UInt64 = 0

    /// Nanoseconds in a tick of `cpuacct.stat`: the kernel's USER_HZ is 100 on all supported machines.
    private static let tick: UInt64 = 10_000_000

    init?(accounting: ControlDirectory?, bandwidth: ControlDirectory?) {
        guard let accounting, let total = accounting.number("cpuacct.usage") else { return nil }
        self.total = total
        let perCPU = (try? accounting.text("cpuacct.usage_percpu")) ?? ""
        self.perCPU = perCPU.split { $0 == " " || $0 == "\n" }.compactMap { UInt64($0) }
        accounting.forEachEntry("cpuacct.stat") { name, value in
            if name == "user" { user = value &* Self.tick }
            if name == "system" { kernel = value &* Self.tick }
        }
        bandwidth?.forEachEntry("cpu.stat") { name, value in
            switch name {
            case "nr_periods": periods = value
            case "nr_throttled": throttledPeriods = value
            case "throttled_time": throttledTime = value
            default: break
            }
        }
    }
}
