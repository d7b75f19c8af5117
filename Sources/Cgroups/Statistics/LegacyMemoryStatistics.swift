/// The counters of version 1's memory controller, in bytes where they are not events.
package struct LegacyMemoryStatistics: Sendable, Equatable {
    /// A limit and its counters.
    package struct Entry: Sendable, Equatable {
        package let limit: UInt64
        package let usage: UInt64
        package let peak: UInt64
        package let failures: UInt64

        fileprivate init?(_ directory: ControlDirectory, _ prefix: String) {
            guard let usage = directory.number(prefix + "usage_in_bytes") else { return nil }
            self.usage = usage
            limit = directory.number(prefix + "limit_in_bytes") ?? 0
            peak = directory.number(prefix + "max_usage_in_bytes") ?? 0
            failures = directory.number(prefix + "failcnt") ?? 0
        }
    }

    package let usage: Entry?
    package let swap: Entry?
    package let kernel: Entry?
    package let kernelTCP: Entry?

    /// Of `memory.oom_control`.
    package private(set) var oomKillDisable: UInt64 = 0
    package private(set) var underOOM: UInt64 = 0
    package private(set) var oomKill: UInt64 = 0

    // Of `memory.stat`, by the kernel's names; those with "total" count the cgroups below too.
    package private(set) var cache: UInt64 = 0
    package private(set) var rss: UInt64 = 0
    package private(set) var rssHuge: UInt64 = 0
    package private(set) var mappedFile: UInt64 = 0
    package private(set) var dirty: UInt64 = 0
    package private(set) var writeback: UInt64 = 0
    package private(set) var pgpgin: UInt64 = 0
    package private(set) var pgpgout: UInt64 = 0
    package private(set) var pgfault: UInt64 = 0
    package private(set) var pgmajfault: UInt64 = 0
    package private(set) var inactiveAnon: UInt64 = 0
    package private(set) var activeAnon: UInt64 = 0
    package private(set) var inactiveFile: UInt64 = 0
    package private(set) var activeFile: UInt64 = 0
    package private(set) var unevictable: UInt64 = 0
    package private(set) var hierarchicalMemoryLimit: UInt64 = 0
    package private(set) var hierarchicalSwapLimit: UInt64 = 0
    package private(set) var totalCache: UInt64 = 0
    package private(set) var totalRss: UInt64 = 0
    package private(set) var totalRssHuge: UInt64 = 0
    package private(set) var totalMappedFile: UInt64 = 0
    package private(set) var totalDirty: UInt64 = 0
    package private(set) var totalWriteback: UInt64 = 0
    package private(set) var totalPgpgin: UInt64 = 0
    package private(set) var totalPgpgout: UInt64 = 0
    package private(set) var totalPgfault: UInt64 = 0
    package private(set) var totalPgmajfault: UInt64 = 0
    package private(set) var totalInactiveAnon: UInt64 = 0
    package private(set) var totalActiveAnon: UInt64 = 0
    package private(set) var totalInactiveFile: UInt64 = 0
    package private(set) var totalActiveFile: UInt64 = 0
    package private(set) var totalUnevictable: UInt64 = 0

    init?(_ directory: ControlDirectory?) {
        guard let directory, let usage = Entry(directory, "memory.") else { return nil }
        self.usage = usage
        swap = Entry(directory, "memory.memsw.")
        kernel = Entry(directory, "memory.kmem.")
        kernelTCP = Entry(directory, "memory.kmem.tcp.")
        directory.forEachEntry("memory.oom_control") { name, value in
            switch name {
            case "oom_kill_disable": oomKillDisable = value
            case "under_oom": underOOM = value
            case "oom_kill": oomKill = value
            default: break
            }
        }
        directory.forEachEntry("memory.stat") { name, value in take(name, value) }
    }

    private mutating func take(_ name: Substring, _ value: UInt64) {
        switch name {
        case "cache": cache = value
        case "rss": rss = value
        case "rss_huge": rssHuge = value
        case "mapped_file": mappedFile = value
        case "dirty": dirty = value
        case "writeback": writeback = value
        case "pgpgin": pgpgin = value
        case "pgpgout": pgpgout = value
        case "pgfault": pgfault = value
        case "pgmajfault": pgmajfault = value
        case "inactive_anon": inactiveAnon = value
        case "active_anon": activeAnon = value
        case "inactive_file": inactiveFile = value
        case "active_file": activeFile = value
        case "unevictable": unevictable = value
        case "hierarchical_memory_limit": hierarchicalMemoryLimit = value
        case "hierarchical_memsw_limit": hierarchicalSwapLimit = value
        case "total_cache": totalCache = value
        case "total_rss": totalRss = value
        case "total_rss_huge": totalRssHuge = value
        case "total_mapped_file": totalMappedFile = value
        case "total_dirty": totalDirty = value
        case "total_writeback": totalWriteback = value
        case "total_pgpgin": totalPgpgin = value
        case "total_pgpgout": totalPgpgout = value
        case "total_pgfault": totalPgfault = value
        case "total_pgmajfault": totalPgmajfault = value
        case "total_inactive_anon": totalInactiveAnon = value
        case "total_active_anon": totalActiveAnon = value
        case "total_inactive_file": totalInactiveFile = value
        case "total_active_file": totalActiveFile = value
        case "total_unevictable": totalUnevictable = value
        default: break
        }
    }
}
