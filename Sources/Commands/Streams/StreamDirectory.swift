internal import Glibc
internal import Kernel
internal import Model

/// The directory of one process's FIFOs, below the run directory.
///
/// Those of a further process are of use to nobody once its client is gone: the shim has them open. They are kept locked
/// while the client lives, so that the next client finds those that a killed one left, and removes them. Those of an
/// init may be asked for again by their names, and go with the container.
final class StreamDirectory: Sendable {
    let path: String
    /// Open, and locked, until this process ends, however it does. See flock(2).
    private let lock: Int32

    private static let parent = "/run/berth/fifo"
    private static let prefix = "exec-"
    private static let names = ["stdin", "stdout", "stderr"]

    init(forExec: Bool) throws(Failure) {
        path = "\(Self.parent)/\(forExec ? Self.prefix : "")\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        mkdir("/run/berth", 0o711)
        mkdir(Self.parent, 0o700)
        guard mkdir(path, 0o700) == 0 else {
            throw Failure(
                .permissionDenied, "directory \"\(path)\": cannot be made for the container's streams",
                cause: SystemCallError("mkdir", on: path))
        }
        lock = Self.open(path)
        flock(lock, LOCK_EX)
        if forExec { Self.removeThoseOfTheDead() }
    }

    func remove() {
        for name in Self.names { unlink("\(path)/\(name)") }
        rmdir(path)
        close(lock)
    }

    /// Removes the FIFOs of an init that is gone and whose client was killed before it could.
    static func removeAbandoned(_ io: TaskIO) {
        for path in [io.stdin, io.stdout, io.stderr] where path.hasPrefix(parent + "/") {
            let names = path.dropFirst(parent.count + 1).split(separator: "/", omittingEmptySubsequences: false)
            guard names.count == 2, !names.contains("..") else { continue }
            unlink(path)
            rmdir("\(parent)/\(names[0])")
        }
    }

    private static func removeThoseOfTheDead() {
        guard let entries = opendir(parent) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(prefix), !isAlive(name) else { continue }
            let directory = open("\(parent)/\(name)")
            defer { close(directory) }
            // The number may be one of another PID namespace; whoever lives holds the lock.
            guard directory >= 0, flock(directory, LOCK_EX | LOCK_NB) == 0 else { continue }
            for fifo in names { unlinkat(directory, fifo, 0) }
            rmdir("\(parent)/\(name)")
        }
    }

    private static func isAlive(_ name: String) -> Bool {
        guard let pid = Int32(name.dropFirst(prefix.count).prefix { $0 != "-" }) else { return true }
        return kill(pid, 0) == 0 || errno != ESRCH
    }

    private static func open(_ path: String) -> Int32 {
        Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
}
