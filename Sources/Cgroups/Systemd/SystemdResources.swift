internal import DBus
internal import RuntimeSpec

/// A container's limits as properties of its unit, so that systemd, which may write a unit's limits anew at any time,
/// knows them. What systemd has no property for, or not at this precision, is in the cgroup's files only.
struct SystemdResources {
    let isUnified: Bool
    /// The manager's, for what older ones do not know.
    let version: Int

    /// `max` and other amounts without a limit; systemd's `CGROUP_LIMIT_MAX` and `USEC_INFINITY`.
    private static let unlimited = UInt64.max

    func properties(_ resources: Resources) throws(CgroupError) -> [SystemdProperty] {
        var list: [SystemdProperty] = []
        if let memory = resources.memory { list += self.memory(memory) }
        if let cpu = resources.cpu { list += try self.cpu(cpu) }
        if !isUnified, let weight = resources.blockIO?.weight, weight != 0 {
            list.append(SystemdProperty("BlockIOWeight", .uint64(UInt64(weight))))
        }
        if let limit = resources.pids?.limit, limit != 0 {
            list.append(SystemdProperty("TasksMax", Self.amount(limit)))
        }
        for (file, value) in resources.unified.sorted(by: { $0.key < $1.key }) where isUnified {
            list += try unified(file, value)
        }
        return list
    }

    private static func amount(_ number: Int64) -> DBusValue {
        .uint64(number < 0 ? unlimited : UInt64(number))
    }

    private func memory(_ memory: MemoryResources) -> [SystemdProperty] {
        guard isUnified else {
            return memory.limit.nonZero.map { [SystemdProperty("MemoryLimit", Self.amount($0))] } ?? []
        }
        var list: [SystemdProperty] = []
        if let limit = memory.limit.nonZero { list.append(SystemdProperty("MemoryMax", Self.amount(limit))) }
        if let low = memory.reservation.nonZero { list.append(SystemdProperty("MemoryLow", Self.amount(low))) }
        if let swap = UnifiedMemory.swapAlone(memory) {
            list.append(SystemdProperty("MemorySwapMax", Self.amount(swap)))
        }
        return list
    }

    private func cpu(_ cpu: CPUResources) throws(CgroupError) -> [SystemdProperty] {
        var list: [SystemdProperty] = []
        if let shares = cpu.shares, shares != 0 {
            if !isUnified {
                list.append(SystemdProperty("CPUShares", .uint64(shares)))
            } else if cpu.idle != 1 {
                list.append(SystemdProperty("CPUWeight", .uint64(CPUWeight.fromShares(shares))))
            }
        }
        list += quota(cpu.quota ?? 0, cpu.period ?? 0)
        if let cpus = cpu.cpus { list += try set("AllowedCPUs", cpus, "linux.resources.cpu.cpus") }
        if let nodes = cpu.mems { list += try set("AllowedMemoryNodes", nodes, "linux.resources.cpu.mems") }
        return list
    }

    /// Both in microseconds; systemd counts in steps of 10 ms per second.
    private func quota(_ quota: Int64, _ period: UInt64) -> [SystemdProperty] {
        guard quota != 0 || period != 0 else { return [] }
        var list: [SystemdProperty] = []
        if period != 0, version >= 242 { list.append(SystemdProperty("CPUQuotaPeriodUSec", .uint64(period))) }
        guard quota > 0 else { return list + [SystemdProperty("CPUQuotaPerSecUSec", .uint64(Self.unlimited))] }
        let (product, overflow) = UInt64(quota).multipliedReportingOverflow(by: 1_000_000)
        let rate = overflow ? Self.unlimited / 20_000 * 10_000 : product / (period == 0 ? 100_000 : period)
        return list + [SystemdProperty("CPUQuotaPerSecUSec", .uint64((rate + 9_999) / 10_000 * 10_000))]
    }

    private func set(_ name: String, _ ranges: String, _ field: String) throws(CgroupError) -> [SystemdProperty] {
        guard version >= 244, let bits = Self.bits(ranges) else {
            guard Self.bits(ranges) == nil else { return [] }
            throw .invalid(field: field, message: "expected a list like \"0-2,7\", found \"\(ranges)\"")
        }
        return bits.isEmpty ? [] : [SystemdProperty(name, .bytes(bits))]
    }

    /// A list of numbers as the kernel writes it, such as `0-2,7`, as a set of bits, the lowest first.
    static func bits(_ ranges: String) -> [UInt8]? {
        var bits: [UInt8] = []
        for range in ranges.split(separator: ",") {
            let ends = range.split { $0 == "-" || $0 == " " || $0 == "\n" }.map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last,
                last < 8192
            else { return nil }
            while bits.count <= last / 8 { bits.append(0) }
            for number in first...last { bits[number / 8] |= 1 << UInt8(number % 8) }
        }
        return bits
    }

    /// A control file of version 2 that the configuration names.
    private func unified(_ file: String, _ value: String) throws(CgroupError) -> [SystemdProperty] {
        let field = "linux.resources.unified[\"\(file)\"]"
        let names = [
            "cpu.weight": "CPUWeight", "memory.high": "MemoryHigh", "memory.low": "MemoryLow",
            "memory.min": "MemoryMin", "memory.max": "MemoryMax", "memory.swap.max": "MemorySwapMax",
            "pids.max": "TasksMax",
        ]
        if let name = names[file] {
            guard let number = value == "max" ? Self.unlimited : UInt64(value) else {
                throw .invalid(field: field, message: "expected a number or \"max\", found \"\(value)\"")
            }
            return [SystemdProperty(name, .uint64(number))]
        }
        switch file {
        case "cpuset.cpus": return try set("AllowedCPUs", value, field)
        case "cpuset.mems": return try set("AllowedMemoryNodes", value, field)
        case "cpu.max":
            let words = value.split(separator: " ")
            guard let first = words.first, words.count <= 2, let limit = first == "max" ? -1 : Int64(first),
                let period = words.count == 2 ? UInt64(words[1]) : 100_000, period > 0
            else {
                throw .invalid(field: field, message: "expected \"QUOTA PERIOD\", found \"\(value)\"")
            }
            return quota(limit, period)
        default: return []
        }
    }
}
