internal import Cgroups
internal import TaskAPI

extension CgroupStatistics {
    /// The message of the cgroups' version.
    var metrics: TypedValue {
        switch self {
        case .legacy(let statistics): statistics.metrics
        case .unified(let statistics): statistics.metrics
        }
    }
}

/// The message `io.containerd.cgroups.v2.Metrics`.
extension UnifiedStatistics {
    var metrics: TypedValue {
        var writer = MessageWriter()
        if let pids { writer.message(1) { $0.numbers(from: 1, pids.current, pids.limit) } }
        if let cpu { writer.message(2) { cpu.write(to: &$0) } }
        if let memory { writer.message(4) { memory.write(to: &$0) } }
        if let rdma { writer.message(5) { rdma.write(to: &$0) } }
        if let io { writer.message(6) { io.write(to: &$0) } }
        for size in hugePages {
            writer.message(7) {
                $0.numbers(from: 1, size.usage, size.limit)
                $0.text(3, size.pageSize)
                $0.number(4, size.failures)
            }
        }
        if let events = memory?.events {
            writer.message(8) {
                $0.numbers(
                    from: 1, events.low, events.high, events.max, events.oom, events.oomKill, events.oomGroupKill)
            }
        }
        return TypedValue(typeURL: TypeName.metricsV2, value: writer.bytes)
    }
}

extension UnifiedCPUStatistics {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.numbers(from: 1, usage, user, system, periods, throttledPeriods, throttledTime)
        if let pressure { writer.message(7) { pressure.write(to: &$0) } }
        writer.numbers(from: 8, bursts, burstTime)
    }
}

extension UnifiedMemoryStatistics {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.numbers(
            from: 1, anon, file, kernelStack, slab, sock, shmem, fileMapped, fileDirty, fileWriteback, anonThp,
            inactiveAnon, activeAnon, inactiveFile, activeFile, unevictable, slabReclaimable, slabUnreclaimable)
        writer.numbers(
            from: 18, pgfault, pgmajfault, workingsetRefault, workingsetActivate, workingsetNodereclaim, pgrefill,
            pgscan,
            pgsteal, pgactivate, pgdeactivate, pglazyfree, pglazyfreed, thpFaultAlloc, thpCollapseAlloc)
        writer.numbers(from: 32, usage, limit, swapUsage, swapLimit, peak, swapPeak)
        if let pressure { writer.message(38) { pressure.write(to: &$0) } }
    }
}

extension UnifiedIOStatistics {
    fileprivate func write(to writer: inout MessageWriter) {
        for device in devices {
            writer.message(1) {
                $0.numbers(
                    from: 1, device.major, device.minor, device.readBytes, device.writtenBytes, device.reads,
                    device.writes)
            }
        }
        if let pressure { writer.message(2) { pressure.write(to: &$0) } }
    }
}

extension PressureStatistics {
    fileprivate func write(to writer: inout MessageWriter) {
        for (field, line) in [(UInt64(1), some), (2, full)] {
            writer.message(field) {
                $0.fraction(1, line.average10)
                $0.fraction(2, line.average60)
                $0.fraction(3, line.average300)
                $0.number(4, line.total)
            }
        }
    }
}
