internal import Glibc
internal import Model

/// What a process holds, in KiB. proc_pid_smaps(5), proc_pid_status(5).
struct ProcessMemory: Sendable {
    var resident = 0
    /// What is shared counts by its share.
    var proportional = 0
    /// Pages that no other process maps.
    var priv = 0

    init(pid: Int32) throws(Failure) {
        for line in try Self.lines(of: "/proc/\(pid)/smaps_rollup") {
            guard let (name, amount) = Self.field(line) else { continue }
            switch name {
            case "Rss": resident = amount
            case "Pss": proportional = amount
            case "Private_Clean", "Private_Dirty", "Private_Hugetlb": priv += amount
            default: break
            }
        }
    }

    static func parent(of pid: Int32) throws(Failure) -> Int32 {
        for line in try lines(of: "/proc/\(pid)/status") {
            if let (name, value) = field(line), name == "PPid" { return Int32(value) }
        }
        throw Failure(.internal, "process \(pid): its status names no parent")
    }

    private static func field(_ line: Substring) -> (name: Substring, value: Int)? {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let words = parts[1].split { $0 == " " || $0 == "\t" }
        guard let first = words.first, let value = Int(first) else { return nil }
        return (parts[0], value)
    }

    private static func lines(of path: String) throws(Failure) -> [Substring] {
        guard let file = fopen(path, "re") else { throw Failure(.notFound, "file \"\(path)\": cannot be read") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
