extension CgroupManager {
    /// `memory.stat` as it is, by the kernel's names; empty without a memory controller.
    package func memoryCounters() -> [String: UInt64] {
        var counters: [String: UInt64] = [:]
        let directory = mode == .unified ? unified?.directory : directory(of: "memory")
        directory?.forEachEntry("memory.stat") { name, value in counters[String(name)] = value }
        return counters
    }

    /// Files of the cpuset controller of version 1 with a single number, and its two lists; empty without one.
    package func cpuSet() -> CPUSetStatistics? {
        directory(of: "cpuset").map(CPUSetStatistics.init)
    }

    /// Nanoseconds by CPU, of version 1: in the kernel, and in programs.
    package func timesByCPU() -> (kernel: [UInt64], user: [UInt64]) {
        var times: (kernel: [UInt64], user: [UInt64]) = ([], [])
        guard let text = try? directory(of: "cpuacct")?.text("cpuacct.usage_all") else { return times }
        for line in text.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ")
            guard words.count == 3, let user = UInt64(words[1]), let kernel = UInt64(words[2]) else { continue }
            times.user.append(user)
            times.kernel.append(kernel)
        }
        return times
    }
}

/// What version 1's cpuset controller shows. See cpuset(7).
package struct CPUSetStatistics: Sendable, Equatable {
    package let cpus: [UInt16]
    package let mems: [UInt16]
    private let numbers: [String: UInt64]

    init(_ directory: ControlDirectory) {
        cpus = Self.list(directory, "cpuset.cpus")
        mems = Self.list(directory, "cpuset.mems")
        var numbers: [String: UInt64] = [:]
        for name in Self.names { numbers[name] = directory.number("cpuset." + name) }
        self.numbers = numbers
    }

    private static let names = [
        "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab",
        "memory_pressure", "sched_load_balance", "sched_relax_domain_level",
    ]

    /// The number in the file `cpuset.` and `name`; 0 where there is none. -1 appears as its 64 bits.
    package subscript(_ name: String) -> UInt64 { numbers[name] ?? 0 }

    /// A list such as `0-2,7`.
    private static func list(_ directory: ControlDirectory, _ file: String) -> [UInt16] {
        let text = (try? directory.text(file)) ?? ""
        return text.split { $0 == "," || $0 == "\n" }.flatMap { range -> [UInt16] in
            let ends = range.split(separator: "-").compactMap { UInt16($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }
}
