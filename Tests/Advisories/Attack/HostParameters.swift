internal import Kernel
internal import Testing

/// Parameters of the host's kernel that attacks on masked paths and redirected writes are after. What an attack has
/// changed is put right again when the test has seen it.
struct HostParameters {
    private static let paths = [
        "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/sysrq", "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/modprobe", "/proc/sys/kernel/shm_rmid_forced", "/proc/sys/net/ipv4/ip_forward",
        "/proc/sys/fs/mqueue/msg_max",
    ]

    /// What the attacks write to core_pattern: harmless, should one of them work.
    static let pattern = "berth-canary"

    private let before: [String: String]

    init() {
        before = Self.current
    }

    private static var current: [String: String] {
        var values: [String: String] = [:]
        for path in paths { values[path] = try? SmallFile.text(path) }
        return values
    }

    func expectUnchanged(sourceLocation: SourceLocation = #_sourceLocation) {
        for (path, value) in Self.current where value != before[path] {
            Issue.record("\(path) was changed to \"\(value)\"", sourceLocation: sourceLocation)
            if let old = before[path] { try? SmallFile.write(old, to: path) }
        }
    }
}
