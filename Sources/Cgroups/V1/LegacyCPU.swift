internal import Kernel
internal import RuntimeSpec

/// The version 1 cpu controller. See the kernel's documents "CFS Bandwidth Control" and "Real-Time group scheduling".
struct LegacyCPU {
    let directory: ControlDirectory

    private static let fields = "linux.resources.cpu."

    func set(_ cpu: CPUResources) throws(CgroupError) {
        if let idle = cpu.idle { try set("cpu.idle", String(idle), "idle") }
        // A cgroup that is idle has no shares.
        if let shares = cpu.shares, shares != 0, cpu.idle != 1 { try set("cpu.shares", String(shares), "shares") }
        try setBandwidth(cpu)
        if let period = cpu.realtimePeriod, period != 0 {
            try set("cpu.rt_period_us", String(period), "realtimePeriod")
        }
        if let runtime = cpu.realtimeRuntime.nonZero {
            try set("cpu.rt_runtime_us", String(runtime), "realtimeRuntime")
        }
    }

    /// A shorter period under the old quota can exceed what the parent has; then the quota comes first. A burst must
    /// never exceed the quota: a smaller one is set first, a greater one last.
    private func setBandwidth(_ cpu: CPUResources) throws(CgroupError) {
        let lowers = cpu.burst.map { $0 < directory.number("cpu.cfs_burst_us") ?? 0 } ?? false
        if lowers, let burst = cpu.burst { try set("cpu.cfs_burst_us", String(burst), "burst") }
        var period = cpu.period.flatMap { $0 == 0 ? nil : $0 }
        if let value = period {
            do {
                try set("cpu.cfs_period_us", String(value), "period")
                period = nil
            } catch {
                guard error.errno == .invalidArgument, cpu.quota.nonZero != nil else { throw error }
            }
        }
        if let quota = cpu.quota.nonZero { try set("cpu.cfs_quota_us", String(max(quota, -1)), "quota") }
        if let period { try set("cpu.cfs_period_us", String(period), "period") }
        if !lowers, let burst = cpu.burst { try set("cpu.cfs_burst_us", String(burst), "burst") }
    }

    private func set(_ file: String, _ value: String, _ field: String) throws(CgroupError) {
        try directory.set(file, value, field: Self.fields + field)
    }
}
