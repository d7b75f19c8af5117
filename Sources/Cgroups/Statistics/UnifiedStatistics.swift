/// The counters of version 2, as the message `io.containerd.cgroups.v2.Metrics` has them.
package struct UnifiedStatistics: Sendable, Equatable {
    package let pids: PidsStatistics?
    package let cpu: UnifiedCPUStatistics?
    package let memory: UnifiedMemoryStatistics?
    package let io: UnifiedIOStatistics?
    package let hugePages: [HugePageStatistics]
    package let rdma: RDMAStatistics?

    init(_ directory: ControlDirectory) {
        pids = PidsStatistics(directory)
        cpu = UnifiedCPUStatistics(directory)
        memory = UnifiedMemoryStatistics(directory)
        io = UnifiedIOStatistics(directory)
        hugePages = HugePageSizes.host().compactMap { size in
            let prefix = "hugetlb.\(size)."
            guard let usage = directory.number(prefix + "current") else { return nil }
            var failures: UInt64 = 0
            directory.forEachEntry(prefix + "events") { name, value in
                if name == "max" { failures = value }
            }
            return HugePageStatistics(
                pageSize: size, usage: usage, limit: directory.number(prefix + "max") ?? 0, peak: 0,
                failures: failures)
        }
        rdma = RDMAStatistics(directory)
    }
}

/// CPU time in microseconds.
package struct UnifiedCPUStatistics: Sendable, Equatable {
    package private(set) var usage: UInt64 = 0
    package private(set) var user: UInt64 = 0
    package private(set) var system: UInt64 = 0
    package private(set) var periods: UInt64 = 0
    package private(set) var throttledPeriods: UInt64 = 0
    package private(set) var throttledTime: UInt64 = 0
    package private(set) var bursts: UInt64 = 0
    package private(set) var burstTime: UInt64 = 0
    package let pressure: PressureStatistics?

    init?(_ directory: ControlDirectory) {
        guard directory.has("cpu.stat") else { return nil }
        pressure = PressureStatistics(directory, "cpu.pressure")
        directory.forEachEntry("cpu.stat") { name, value in
            switch name {
            case "usage_usec": usage = value
            case "user_usec": user = value
            case "system_usec": system = value
            case "nr_periods": periods = value
            case "nr_throttled": throttledPeriods = value
            case "throttled_usec": throttledTime = value
            case "nr_bursts": bursts = value
            case "burst_usec": burstTime = value
            default: break
            }
        }
    }
}
