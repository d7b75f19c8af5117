/// Memory limits in bytes; -1 lifts a limit.
package struct MemoryResources: Sendable, Equatable {
    package var limit: Int64?

    /// The soft limit.
    package var reservation: Int64?

    /// Memory and swap together, as version 1 counts it.
    package var swap: Int64?

    /// Deprecated; current kernels ignore it or lack it.
    package var kernel: Int64?

    package var kernelTCP: Int64?

    /// From 0 to 100.
    package var swappiness: UInt64?

    package var disableOOMKiller: Bool?

    /// Always so in current kernels.
    package var useHierarchy: Bool?

    /// Refuse an update that sets a limit below current usage.
    package var checkBeforeUpdate: Bool?

    package init() {}
}

extension MemoryResources: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("limit", &limit)
        try json.field("reservation", &reservation)
        try json.field("swap", &swap)
        try json.field("kernel", &kernel)
        try json.field("kernelTCP", &kernelTCP)
        try json.field("swappiness", &swappiness)
        try json.field("disableOOMKiller", &disableOOMKiller)
        try json.field("useHierarchy", &useHierarchy)
        try json.field("checkBeforeUpdate", &checkBeforeUpdate)
    }
}
