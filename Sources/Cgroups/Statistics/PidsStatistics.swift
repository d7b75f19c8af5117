/// The processes of a cgroup.
package struct PidsStatistics: Sendable, Equatable {
    package let current: UInt64
    /// 0 is without limit.
    package let limit: UInt64

    init?(_ directory: ControlDirectory?) {
        guard let directory, let current = directory.number("pids.current") else { return nil }
        self.current = current
        let limit = directory.number("pids.max") ?? .max
        self.limit = limit == .max ? 0 : limit
    }
}
