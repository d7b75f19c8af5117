/// What a container has consumed, as the version of its controllers counts it.
package enum CgroupStatistics: Sendable, Equatable {
    case legacy(LegacyStatistics)
    case unified(UnifiedStatistics)
}

extension CgroupManager {
    /// Reads the counters. Controllers that are not there leave their part out; a cgroup that is gone is an error.
    package func statistics() throws(CgroupError) -> CgroupStatistics {
        guard exists else { throw .state("the container's cgroup is gone") }
        if mode == .unified, let unified { return .unified(UnifiedStatistics(unified.directory)) }
        return .legacy(LegacyStatistics { directory(of: $0) })
    }
}
