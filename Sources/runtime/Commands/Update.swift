internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let updateCommand = Command(
    name: "update", summary: "change a container's limits",
    examples: ["update --memory 67108864 --pids-limit 32 demo"],
    options: [
        .value("resources", "r", "FILE", "the JSON of linux.resources, \"-\" for standard input; others are ignored"),
        .value("blkio-weight", nil, "N", "weight of block I/O, 10 to 1000"),
        .value("cpu-period", nil, "US", "length of a CPU period"),
        .value("cpu-quota", nil, "US", "CPU time in a period, -1 for no limit"),
        .value("cpu-burst", nil, "US", "CPU time that may be saved up"),
        .value("cpu-share", nil, "N", "weight of CPU time"),
        .value("cpu-rt-period", nil, "US", "length of a real-time period"),
        .value("cpu-rt-runtime", nil, "US", "real-time CPU time in a period"),
        .value("cpuset-cpus", nil, "LIST", "CPUs to run on"),
        .value("cpuset-mems", nil, "LIST", "memory nodes to use"),
        .value("cpu-idle", nil, "0|1", "whether to run only when nothing else does"),
        .value("kernel-memory", nil, "BYTES", "of no effect in current kernels"),
        .value("kernel-memory-tcp", nil, "BYTES", "memory of TCP buffers"),
        .value("memory", nil, "BYTES", "memory, -1 for no limit"),
        .value("memory-reservation", nil, "BYTES", "the soft limit of memory"),
        .value("memory-swap", nil, "BYTES", "memory and swap together, -1 for no limit"),
        .value("pids-limit", nil, "N", "processes, -1 for no limit"),
        .value("l3-cache-schema", nil, "SCHEMA", "cache, of Intel RDT"),
        .value("mem-bw-schema", nil, "SCHEMA", "memory bandwidth, of Intel RDT"),
    ]
) { (options, global) throws(Failure) in
    let share = LinuxIntelRDT(options)
    let resources: Resources
    if let path = options["resources"] {
        resources = try Document.read(path == "-" ? "/dev/stdin" : path) { (buffer) throws(SpecError) in
            try Resources(parsing: buffer)
        }
    } else {
        resources = try usage { () throws(UsageError) in try Resources(options) }
    }
    try container { () throws(ContainerError) in
        let found = try Container.load(id: options.id, stateRoot: global.stateRoot)
        try found.requireProcesses()
        if let share { try found.update(share) }
        try found.update(resources)
    }
    return 0
}

extension LinuxIntelRDT {
    /// Nil where nothing of it is to change.
    fileprivate init?(_ options: Options) {
        guard options["l3-cache-schema"] != nil || options["mem-bw-schema"] != nil else { return nil }
        self.init()
        l3CacheSchema = options["l3-cache-schema"]
        memBwSchema = options["mem-bw-schema"]
    }
}

extension Resources {
    /// What the options of `update` ask for; the rest stays as it is.
    fileprivate init(_ options: Options) throws(UsageError) {
        self.init()
        var cpu = CPUResources()
        cpu.shares = try options.unsigned("cpu-share")
        cpu.period = try options.unsigned("cpu-period")
        cpu.quota = try options.number("cpu-quota")
        cpu.burst = try options.unsigned("cpu-burst")
        cpu.realtimePeriod = try options.unsigned("cpu-rt-period")
        cpu.realtimeRuntime = try options.number("cpu-rt-runtime")
        cpu.cpus = options["cpuset-cpus"]
        cpu.mems = options["cpuset-mems"]
        cpu.idle = try options.number("cpu-idle")
        self.cpu = cpu
        var memory = MemoryResources()
        memory.limit = try options.bytes("memory")
        memory.reservation = try options.bytes("memory-reservation")
        memory.swap = try options.bytes("memory-swap")
        memory.kernelTCP = try options.bytes("kernel-memory-tcp")
        self.memory = memory
        if let limit = try options.number("pids-limit") { pids = PidsResources(limit: limit) }
        if let weight = try options.number("blkio-weight") {
            blockIO = BlockIOResources()
            blockIO?.weight = UInt16(clamping: weight)
        }
    }
}

extension Options {
    fileprivate func unsigned(_ name: String) throws(UsageError) -> UInt64? {
        guard let number = try number(name) else { return nil }
        guard number >= 0 else { throw UsageError(message: "option \"--\(name)\": expected no negative number") }
        return UInt64(number)
    }

    fileprivate func bytes(_ name: String) throws(UsageError) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let bytes = Quantities.bytes(text) else {
            throw UsageError(message: "option \"--\(name)\": expected bytes, as in 512M, found \"\(text)\"")
        }
        return bytes
    }
}
