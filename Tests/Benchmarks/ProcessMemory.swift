internal import Model

/// What a process holds, in KiB. proc_pid_smaps(5), proc_pid_status(5).
struct ProcessMemory: Sendable {
    var resident = 0
    /// What is shared counts by its share.
    var proportional = 0
    /// Pages that no other process maps.
    var priv = 0

    init(pid: Int32) throws(Failure) {
        for line in try TextFile.lines(of: "/proc/\(pid)/smaps_rollup") {
            guard let (name, amount) = TextFile.field(line) else { continue }
            switch name {
            case "Rss": resident = amount
            case "Pss": proportional = amount
            case "Private_Clean", "Private_Dirty", "Private_Hugetlb": priv += amount
            default: break
            }
        }
    }

    static func parent(of pid: Int32) throws(Failure) -> Int32 {
        for line in try TextFile.lines(of: "/proc/\(pid)/status") {
            if let (name, value) = TextFile.field(line), name == "PPid" { return Int32(value) }
        }
        throw Failure(.internal, "process \(pid): its status names no parent")
    }
}
