internal import Cgroups
internal import Libcontainer
internal import RuntimeSpec

/// CPU time in nanoseconds, and how often a limit was reached.
struct EventCPU: JSONRecord {
    private var usage = Usage()
    private var throttling = Throttling()

    init() {}

    init(_ cpu: LegacyCPUStatistics?, _ counters: ContainerCounters) {
        guard let cpu else { return }
        usage.total = cpu.total.unlessZero
        usage.byCPU = cpu.perCPU
        usage.kernelByCPU = counters.kernelTimes
        usage.userByCPU = counters.userTimes
        usage.kernel = cpu.kernel
        usage.user = cpu.user
        throttling = Throttling(cpu.periods, cpu.throttledPeriods, cpu.throttledTime)
    }

    init(_ cpu: UnifiedCPUStatistics?) {
        guard let cpu else { return }
        usage.total = (cpu.usage &* 1000).unlessZero
        usage.kernel = cpu.system &* 1000
        usage.user = cpu.user &* 1000
        throttling = Throttling(cpu.periods, cpu.throttledPeriods, cpu.throttledTime &* 1000)
    }

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("usage", &usage)
        try json.required("throttling", &throttling)
    }

    private struct Usage: JSONRecord {
        var total: UInt64?
        var byCPU: [UInt64] = []
        var kernelByCPU: [UInt64] = []
        var userByCPU: [UInt64] = []
        var kernel: UInt64 = 0
        var user: UInt64 = 0

        mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
            try json.field("total", &total)
            try json.field("percpu", &byCPU)
            try json.field("percpu_kernel", &kernelByCPU)
            try json.field("percpu_user", &userByCPU)
            try json.required("kernel", &kernel)
            try json.required("user", &user)
        }
    }

    private struct Throttling: JSONRecord {
        private var periods: UInt64?
        private var throttledPeriods: UInt64?
        private var throttledTime: UInt64?

        init() {}

        init(_ periods: UInt64, _ throttledPeriods: UInt64, _ throttledTime: UInt64) {
            self.periods = periods.unlessZero
            self.throttledPeriods = throttledPeriods.unlessZero
            self.throttledTime = throttledTime.unlessZero
        }

        mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
            try json.field("periods", &periods)
            try json.field("throttledPeriods", &throttledPeriods)
            try json.field("throttledTime", &throttledTime)
        }
    }
}

/// The CPUs and memory nodes that a container may use; zeros where version 2 keeps no such thing.
struct EventCPUSet: JSONRecord {
    private var cpus: [UInt16] = []
    private var mems: [UInt16] = []
    private var cpuExclusive: UInt64 = 0
    private var memHardwall: UInt64 = 0
    private var memExclusive: UInt64 = 0
    private var memoryMigrate: UInt64 = 0
    private var memorySpreadPage: UInt64 = 0
    private var memorySpreadSlab: UInt64 = 0
    private var memoryPressure: UInt64 = 0
    private var balancesLoad: UInt64 = 0
    private var relaxLevel: Int64 = 0

    init() {}

    init(_ set: CPUSetStatistics) {
        cpus = set.cpus
        mems = set.mems
        cpuExclusive = set["cpu_exclusive"]
        memHardwall = set["mem_hardwall"]
        memExclusive = set["mem_exclusive"]
        memoryMigrate = set["memory_migrate"]
        memorySpreadPage = set["memory_spread_page"]
        memorySpreadSlab = set["memory_spread_slab"]
        memoryPressure = set["memory_pressure"]
        balancesLoad = set["sched_load_balance"]
        relaxLevel = Int64(bitPattern: set["sched_relax_domain_level"])
    }

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("cpus", &cpus)
        try json.required("cpu_exclusive", &cpuExclusive)
        try json.field("mems", &mems)
        try json.required("mem_hardwall", &memHardwall)
        try json.required("mem_exclusive", &memExclusive)
        try json.required("memory_migrate", &memoryMigrate)
        try json.required("memory_spread_page", &memorySpreadPage)
        try json.required("memory_spread_slab", &memorySpreadSlab)
        try json.required("memory_pressure", &memoryPressure)
        try json.required("sched_load_balance", &balancesLoad)
        try json.required("sched_relax_domain_level", &relaxLevel)
    }
}
