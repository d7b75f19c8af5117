internal import Cgroups
internal import RuntimeSpec

/// Memory in bytes.
struct EventMemory: JSONRecord {
    private var cache: UInt64?
    private var usage = Entry()
    private var swap = Entry()
    private var kernel = Entry()
    private var kernelTCP = Entry()
    /// `memory.stat`.
    var raw: [String: UInt64] = [:]

    init() {}

    init(_ memory: LegacyMemoryStatistics?) {
        guard let memory else { return }
        cache = memory.cache.unlessZero
        usage = Entry(memory.usage)
        swap = Entry(memory.swap)
        kernel = Entry(memory.kernel)
        kernelTCP = Entry(memory.kernelTCP)
    }

    init(_ memory: UnifiedMemoryStatistics?) {
        guard let memory else { return }
        cache = memory.file.unlessZero
        usage = Entry(limit: memory.limit, usage: memory.usage, peak: memory.peak, failures: memory.events.max)
        // Version 1 counts both together.
        let (sum, isUnlimited) = memory.swapLimit.addingReportingOverflow(memory.limit)
        swap = Entry(
            limit: isUnlimited ? .max : sum, usage: memory.swapUsage &+ memory.usage, peak: memory.swapPeak,
            failures: 0)
    }

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("cache", &cache)
        try json.required("usage", &usage)
        try json.required("swap", &swap)
        try json.required("kernel", &kernel)
        try json.required("kernelTCP", &kernelTCP)
        try json.field("raw", &raw)
    }

    private struct Entry: JSONRecord {
        private var limit: UInt64 = 0
        private var usage: UInt64?
        private var peak: UInt64?
        private var failures: UInt64 = 0

        init() {}

        init(_ entry: LegacyMemoryStatistics.Entry?) {
            self.init(
                limit: entry?.limit ?? 0, usage: entry?.usage ?? 0, peak: entry?.peak ?? 0,
                failures: entry?.failures ?? 0)
        }

        init(limit: UInt64, usage: UInt64, peak: UInt64, failures: UInt64) {
            self.limit = limit
            self.usage = usage.unlessZero
            self.peak = peak.unlessZero
            self.failures = failures
        }

        mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
            try json.required("limit", &limit)
            try json.field("usage", &usage)
            try json.field("max", &peak)
            try json.required("failcnt", &failures)
        }
    }
}
