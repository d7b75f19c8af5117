internal import Glibc
internal import Model

/// What the kernel counts for a process. proc_pid_stat(5), proc_pid_status(5).
enum ProcessCounters {
    /// The CPU time of a process and, if `withChildren`, of those of its children that it has waited for.
    static func cpuTime(of pid: Int32, withChildren: Bool) throws(Failure) -> Duration {
        // The name, in parentheses, may hold anything.
        let text = try TextFile.lines(of: "/proc/\(pid)/stat").joined(separator: "\n")
        let words = (text.lastIndex(of: ")").map { text[text.index(after: $0)...] } ?? "").split(separator: " ")
        let ticks = words.dropFirst(11).prefix(withChildren ? 4 : 2).compactMap { Int64($0) }.reduce(0, +)
        return .microseconds(ticks * 1_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK))))
    }

    static func threads(of pid: Int32) throws(Failure) -> Int {
        try sum(["Threads"], in: "/proc/\(pid)/status")
    }

    /// How often its threads have run and stopped again.
    static func contextSwitches(of pid: Int32) throws -> Int {
        var sum = 0
        for thread in try threadNumbers(of: pid) {
            // One that ends meanwhile no longer counts.
            let names: [Substring] = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"]
            sum += (try? Self.sum(names, in: "/proc/\(pid)/task/\(thread)/status")) ?? 0
        }
        return sum
    }

    private static func sum(_ names: [Substring], in path: String) throws(Failure) -> Int {
        var sum = 0
        for line in try TextFile.lines(of: path) {
            if let (name, value) = TextFile.field(line), names.contains(name) { sum += value }
        }
        return sum
    }

    private static func threadNumbers(of pid: Int32) throws(Failure) -> [Int] {
        guard let directory = opendir("/proc/\(pid)/task") else {
            throw Failure(.notFound, "process \(pid): does not exist")
        }
        defer { closedir(directory) }
        var numbers: [Int] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let number = Int(name) { numbers.append(number) }
        }
        return numbers
    }
}
