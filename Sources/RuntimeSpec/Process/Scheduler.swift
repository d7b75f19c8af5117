/// Scheduling attributes. See sched_setattr(2).
package struct Scheduler: Sendable, Equatable {
    package var policy: SchedulerPolicy = .other

    /// For `SCHED_OTHER` and `SCHED_BATCH`.
    package var nice: Int32?

    /// For `SCHED_FIFO` and `SCHED_RR`.
    package var priority: Int32?

    package var flags: [SchedulerFlag] = []

    /// Nanoseconds, for `SCHED_DEADLINE`, as the next two.
    package var runtime: UInt64?

    package var deadline: UInt64?
    package var period: UInt64?

    package init() {}
}

extension Scheduler: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("policy", &policy)
        try json.field("nice", &nice)
        try json.field("priority", &priority)
        try json.field("flags", &flags)
        try json.field("runtime", &runtime)
        try json.field("deadline", &deadline)
        try json.field("period", &period)
    }
}
