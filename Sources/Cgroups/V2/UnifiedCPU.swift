internal import Kernel
internal import RuntimeSpec

/// The version 2 cpu and cpuset controllers.
struct UnifiedCPU {
    let directory: ControlDirectory

    private static let fields = "linux.resources.cpu."

    func set(_ cpu: CPUResources) throws(CgroupError) {
        if (cpu.realtimeRuntime ?? 0) != 0 || (cpu.realtimePeriod ?? 0) != 0 {
            throw .unsupported(
                field: Self.fields + "realtimeRuntime", missing: "cgroup version 2 has no real-time limits")
        }
        if let idle = cpu.idle { try set("cpu.idle", String(idle), "idle") }
        // A cgroup that is idle has no weight.
        if let shares = cpu.shares, shares != 0, cpu.idle != 1 {
            try set("cpu.weight", String(CPUWeight.fromShares(shares)), "shares")
        }
        try setBandwidth(cpu)
        if let cpus = cpu.cpus { try set("cpuset.cpus", cpus, "cpus") }
        if let mems = cpu.mems { try set("cpuset.mems", mems, "mems") }
    }

    /// A burst must never exceed the quota: a smaller one is set first, a greater one last.
    private func setBandwidth(_ cpu: CPUResources) throws(CgroupError) {
        let lowers = cpu.burst.map { $0 < directory.number("cpu.max.burst") ?? 0 } ?? false
        if lowers, let burst = cpu.burst { try set("cpu.max.burst", String(burst), "burst") }
        let quota = cpu.quota.nonZero
        let period = cpu.period.flatMap { $0 == 0 ? nil : $0 }
        if quota != nil || period != nil {
            // `$MAX PERIOD`; a quota alone keeps the period, a period alone must repeat the quota.
            let value = quota.map { $0 < 0 ? "max" : String($0) } ?? currentQuota
            try set("cpu.max", period.map { "\(value) \($0)" } ?? value, quota == nil ? "period" : "quota")
        }
        if !lowers, let burst = cpu.burst { try set("cpu.max.burst", String(burst), "burst") }
    }

    private var currentQuota: String {
        let text = (try? directory.text("cpu.max")) ?? ""
        return text.split { $0 == " " || $0 == "\n" }.first.map(String.init) ?? "max"
    }

    private func set(_ file: String, _ value: String, _ field: String) throws(CgroupError) {
        try directory.set(file, value, field: Self.fields + field)
    }
}
