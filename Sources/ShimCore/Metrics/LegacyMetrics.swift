internal import Cgroups
internal import TaskAPI

/// The message `io.containerd.cgroups.v1.Metrics`.
extension LegacyStatistics {
    var metrics: TypedValue {
        var writer = MessageWriter()
        for size in hugePages {
            writer.message(1) {
                $0.numbers(from: 1, size.usage, size.peak, size.failures)
                $0.text(4, size.pageSize)
            }
        }
        if let pids { writer.message(2) { $0.numbers(from: 1, pids.current, pids.limit) } }
        if let cpu { writer.message(3) { cpu.write(to: &$0) } }
        if let memory { writer.message(4) { memory.write(to: &$0) } }
        if let blockIO { writer.message(5) { blockIO.write(to: &$0) } }
        if let rdma { writer.message(6) { rdma.write(to: &$0) } }
        if let memory {
            writer.message(9) { $0.numbers(from: 1, memory.oomKillDisable, memory.underOOM, memory.oomKill) }
        }
        return TypedValue(typeURL: TypeName.metricsV1, value: writer.bytes)
    }
}

extension LegacyCPUStatistics {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.message(1) {
            $0.numbers(from: 1, total, kernel, user)
            $0.list(4, perCPU)
        }
        writer.message(2) { $0.numbers(from: 1, periods, throttledPeriods, throttledTime) }
    }
}

extension LegacyMemoryStatistics {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.numbers(
            from: 1, cache, rss, rssHuge, mappedFile, dirty, writeback, pgpgin, pgpgout, pgfault, pgmajfault,
            inactiveAnon, activeAnon, inactiveFile, activeFile, unevictable, hierarchicalMemoryLimit,
            hierarchicalSwapLimit)
        writer.numbers(
            from: 18, totalCache, totalRss, totalRssHuge, totalMappedFile, totalDirty, totalWriteback, totalPgpgin,
            totalPgpgout, totalPgfault, totalPgmajfault, totalInactiveAnon, totalActiveAnon, totalInactiveFile,
            totalActiveFile, totalUnevictable)
        let entries: [(UInt64, Entry?)] = [(33, usage), (34, swap), (35, kernel), (36, kernelTCP)]
        for (field, entry) in entries {
            guard let entry else { continue }
            writer.message(field) { $0.numbers(from: 1, entry.limit, entry.usage, entry.peak, entry.failures) }
        }
    }
}

extension LegacyBlockIOStatistics {
    fileprivate func write(to writer: inout MessageWriter) {
        let lists = [serviceBytes, serviced, queued, serviceTime, waitTime, merged, time, sectors]
        for (index, entries) in lists.enumerated() {
            for entry in entries {
                writer.message(UInt64(index + 1)) {
                    $0.text(1, entry.operation)
                    $0.numbers(from: 3, entry.major, entry.minor, entry.value)
                }
            }
        }
    }
}

extension RDMAStatistics {
    /// The same in both versions' messages.
    func write(to writer: inout MessageWriter) {
        for (field, entries) in [(UInt64(1), current), (2, limits)] {
            for entry in entries {
                writer.message(field) {
                    $0.text(1, entry.device)
                    $0.numbers(from: 2, UInt64(entry.hcaHandles), UInt64(entry.hcaObjects))
                }
            }
        }
    }
}
