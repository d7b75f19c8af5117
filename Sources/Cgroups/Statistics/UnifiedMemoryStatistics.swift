/// The counters of version 2's memory controller, in bytes where they are not events.
package struct UnifiedMemoryStatistics: Sendable, Equatable {
    package let usage: UInt64
    /// `UInt64.max` is without limit, as for swap.
    package let limit: UInt64
    package let peak: UInt64
    package let swapUsage: UInt64
    package let swapLimit: UInt64
    package let swapPeak: UInt64
    package let pressure: PressureStatistics?

    /// Events of this cgroup and those below it, of `memory.events`.
    package private(set) var events = Events()

    package struct Events: Sendable, Equatable {
        package fileprivate(set) var low: UInt64 = 0
        package fileprivate(set) var high: UInt64 = 0
        package fileprivate(set) var max: UInt64 = 0
        package fileprivate(set) var oom: UInt64 = 0
        package fileprivate(set) var oomKill: UInt64 = 0
        package fileprivate(set) var oomGroupKill: UInt64 = 0
    }

    // Of `memory.stat`, by the kernel's names.
    package private(set) var anon: UInt64 = 0
    package private(set) var file: UInt64 = 0
    package private(set) var kernelStack: UInt64 = 0
    package private(set) var slab: UInt64 = 0
    package private(set) var sock: UInt64 = 0
    package private(set) var shmem: UInt64 = 0
    package private(set) var fileMapped: UInt64 = 0
    package private(set) var fileDirty: UInt64 = 0
    package private(set) var fileWriteback: UInt64 = 0
    package private(set) var anonThp: UInt64 = 0
    package private(set) var inactiveAnon: UInt64 = 0
    package private(set) var activeAnon: UInt64 = 0
    package private(set) var inactiveFile: UInt64 = 0
    package private(set) var activeFile: UInt64 = 0
    package private(set) var unevictable: UInt64 = 0
    package private(set) var slabReclaimable: UInt64 = 0
    package private(set) var slabUnreclaimable: UInt64 = 0
    package private(set) var pgfault: UInt64 = 0
    package private(set) var pgmajfault: UInt64 = 0
    package private(set) var workingsetRefault: UInt64 = 0
    package private(set) var workingsetActivate: UInt64 = 0
    package private(set) var workingsetNodereclaim: UInt64 = 0
    package private(set) var pgrefill: UInt64 = 0
    package private(set) var pgscan: UInt64 = 0
    package private(set) var pgsteal: UInt64 = 0
    package private(set) var pgactivate: UInt64 = 0
    package private(set) var pgdeactivate: UInt64 = 0
    package private(set) var pglazyfree: UInt64 = 0
    package private(set) var pglazyfreed: UInt64 = 0
    package private(set) var thpFaultAlloc: UInt64 = 0
    package private(set) var thpCollapseAlloc: UInt64 = 0

    init?(_ directory: ControlDirectory) {
        guard let usage = directory.number("memory.current") else { return nil }
        self.usage = usage
        limit = directory.number("memory.max") ?? .max
        peak = directory.number("memory.peak") ?? 0
        swapUsage = directory.number("memory.swap.current") ?? 0
        swapLimit = directory.number("memory.swap.max") ?? 0
        swapPeak = directory.number("memory.swap.peak") ?? 0
        pressure = PressureStatistics(directory, "memory.pressure")
        directory.forEachEntry("memory.stat") { name, value in take(name, value) }
        directory.forEachEntry("memory.events") { name, value in
            switch name {
            case "low": events.low = value
            case "high": events.high = value
            case "max": events.max = value
            case "oom": events.oom = value
            case "oom_kill": events.oomKill = value
            case "oom_group_kill": events.oomGroupKill = value
            default: break
            }
        }
    }

    private mutating func take(_ name: Substring, _ value: UInt64) {
        switch name {
        case "anon": anon = value
        case "file": file = value
        case "kernel_stack": kernelStack = value
        case "slab": slab = value
        case "sock": sock = value
        case "shmem": shmem = value
        case "file_mapped": fileMapped = value
        case "file_dirty": fileDirty = value
        case "file_writeback": fileWriteback = value
        case "anon_thp": anonThp = value
        case "inactive_anon": inactiveAnon = value
        case "active_anon": activeAnon = value
        case "inactive_file": inactiveFile = value
        case "active_file": activeFile = value
        case "unevictable": unevictable = value
        case "slab_reclaimable": slabReclaimable = value
        case "slab_unreclaimable": slabUnreclaimable = value
        case "pgfault": pgfault = value
        case "pgmajfault": pgmajfault = value
        // Since Linux 5.9 for anonymous memory and files apart.
        case "workingset_refault", "workingset_refault_anon", "workingset_refault_file": workingsetRefault &+= value
        case "workingset_activate", "workingset_activate_anon", "workingset_activate_file": workingsetActivate &+= value
        case "workingset_nodereclaim": workingsetNodereclaim = value
        case "pgrefill": pgrefill = value
        case "pgscan": pgscan = value
        case "pgsteal": pgsteal = value
        case "pgactivate": pgactivate = value
        case "pgdeactivate": pgdeactivate = value
        case "pglazyfree": pglazyfree = value
        case "pglazyfreed": pglazyfreed = value
        case "thp_fault_alloc": thpFaultAlloc = value
        case "thp_collapse_alloc": thpCollapseAlloc = value
        default: break
        }
    }
}
