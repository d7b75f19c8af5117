internal import Cgroups
internal import Libcontainer
internal import RuntimeSpec

/// What a container uses, by the names that runc gives it. Counters of version 2 are told in the terms of version 1.
struct EventStatistics: JSONRecord {
    var cpu = EventCPU()
    var cpuSet = EventCPUSet()
    var memory = EventMemory()
    var pids = EventPids()
    var blockIO = EventBlockIO()
    var hugePages: [String: EventHugePages] = [:]
    var intelRDT = Nothing()
    var networkInterfaces: [String] = []

    init() {}

    init(_ statistics: CgroupStatistics, _ counters: ContainerCounters) {
        let hugePageList: [HugePageStatistics]
        let pids: PidsStatistics?
        switch statistics {
        case .legacy(let legacy):
            cpu = EventCPU(legacy.cpu, counters)
            memory = EventMemory(legacy.memory)
            blockIO = EventBlockIO(legacy.blockIO)
            (hugePageList, pids) = (legacy.hugePages, legacy.pids)
        case .unified(let unified):
            cpu = EventCPU(unified.cpu)
            memory = EventMemory(unified.memory)
            blockIO = EventBlockIO(unified.io)
            (hugePageList, pids) = (unified.hugePages, unified.pids)
        }
        memory.raw = counters.memory
        if let set = counters.cpuSet { cpuSet = EventCPUSet(set) }
        self.pids.current = pids?.current.unlessZero
        self.pids.limit = pids?.limit.unlessZero
        for pages in hugePageList { hugePages[pages.pageSize] = EventHugePages(pages) }
    }

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("cpu", &cpu)
        try json.required("cpuset", &cpuSet)
        try json.required("memory", &memory)
        try json.required("pids", &pids)
        try json.required("blkio", &blockIO)
        try json.required("hugetlb", &hugePages)
        try json.required("intel_rdt", &intelRDT)
        try json.required("network_interfaces", &networkInterfaces)
    }

    /// An object without fields.
    struct Nothing: JSONRecord {
        mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {}
    }
}

struct EventPids: JSONRecord {
    var current: UInt64?
    var limit: UInt64?

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("current", &current)
        try json.field("limit", &limit)
    }
}

struct EventHugePages: JSONRecord {
    private var usage: UInt64?
    private var peak: UInt64?
    private var failures: UInt64 = 0

    init() {}

    init(_ pages: HugePageStatistics) {
        usage = pages.usage.unlessZero
        peak = pages.peak.unlessZero
        failures = pages.failures
    }

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("usage", &usage)
        try json.field("max", &peak)
        try json.required("failcnt", &failures)
    }
}
