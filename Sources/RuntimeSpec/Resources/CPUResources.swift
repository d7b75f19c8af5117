/// Shares and limits of CPU time. See cpuset(7) and the kernel's sched-bwc document.
package struct CPUResources: Sendable, Equatable {
    /// Relative weight, 2 to 262144; 1024 is the usual one.
    package var shares: UInt64?

    /// Microseconds in each period; negative is without limit.
    package var quota: Int64?

    /// Microseconds that may be saved up.
    package var burst: UInt64?

    /// Microseconds.
    package var period: UInt64?

    /// Microseconds in each real-time period.
    package var realtimeRuntime: Int64?

    package var realtimePeriod: UInt64?

    /// A list such as `0-3,7`.
    package var cpus: String?

    /// Memory nodes, likewise.
    package var mems: String?

    /// 1 for a cgroup that runs only when nothing else does.
    package var idle: Int64?

    package init() {}
}

extension CPUResources: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("shares", &shares)
        try json.field("quota", &quota)
        try json.field("burst", &burst)
        try json.field("period", &period)
        try json.field("realtimeRuntime", &realtimeRuntime)
        try json.field("realtimePeriod", &realtimePeriod)
        try json.field("cpus", &cpus)
        try json.field("mems", &mems)
        try json.field("idle", &idle)
    }
}
