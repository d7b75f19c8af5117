internal import Glibc
internal import Kernel
internal import Model

/// A directory of the supervisor's, prepared and held for one process at a time.
///
/// The lock is flock(2) on a file within: it ends with the process, however that ends, and leaves nothing to clean.
struct DirectoryLock: ~Copyable {
    private let file: FileDescriptor

    /// Makes the directory if need be, gives it `mode`, and takes the lock.
    /// - Parameters:
    ///   - purpose: how messages name the directory: "data directory".
    ///   - mode: 0700 for what only the supervisor reads; 0711 where clients must reach a socket within.
    /// - Throws: `failedPrecondition` naming the process that holds it; what mkdir(2) or open(2) said otherwise.
    init(_ path: String, purpose: String, option: String, mode: mode_t) throws(Failure) {
        try Self.makeDirectory(path, purpose: purpose, option: option, mode: mode)
        let lockPath = path + "/berthd.lock"
        let raw = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard raw >= 0 else { throw Self.unusable(path, purpose: purpose, option: option) }
        let locked = FileDescriptor(owning: raw)
        guard Self.lock(raw) else {
            let holder = Self.holder(raw).map { "process \($0)" } ?? "another process"
            throw Failure(
                .failedPrecondition,
                "\(purpose) \"\(path)\": in use by \(holder): stop that berthd or choose another with \(option)")
        }
        Self.writeHolder(raw)
        file = locked
    }

    /// A holder that was killed while it started a program leaves the lock to that child until it executes: what the
    /// child then is can be found, which is why the lock waits for it.
    private static func lock(_ file: Int32) -> Bool {
        let deadline = Clock.milliseconds() + longestExecution
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, Clock.milliseconds() < deadline,
                let holder = holder(file), !isRunning(holder)
            else { return false }
            Kernel.pause(microseconds: 5_000)
        }
        return true
    }

    /// In milliseconds.
    private static let longestExecution: Int64 = 5_000

    /// A zombie holds nothing.
    private static func isRunning(_ pid: Int32) -> Bool {
        guard let stat = try? SmallFile.text("/proc/\(pid)/stat") else { return false }
        return !stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].hasPrefix(") Z")
    }

    private static func makeDirectory(
        _ path: String, purpose: String, option: String, mode: mode_t
    ) throws(Failure) {
        var parent = ""
        for part in path.split(separator: "/").dropLast() {
            parent += "/" + part
            if mkdir(parent, 0o755) != 0, errno != EEXIST {
                throw unusable(path, purpose: purpose, option: option)
            }
        }
        if mkdir(path, mode) != 0, errno != EEXIST { throw unusable(path, purpose: purpose, option: option) }
        // Neither the mask of whoever started us nor an earlier, wider mode counts.
        let raw = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw unusable(path, purpose: purpose, option: option) }
        let directory = FileDescriptor(owning: raw)
        guard fchmod(directory.rawValue, mode) == 0 else { throw unusable(path, purpose: purpose, option: option) }
    }

    private static func unusable(_ path: String, purpose: String, option: String) -> Failure {
        let errno = Errno.current
        let code: Failure.Code =
            switch errno {
            case .noSpace: .resourceExhausted
            case .accessDenied, .notPermitted: .permissionDenied
            default: .failedPrecondition
            }
        return Failure(
            code, "\(purpose) \"\(path)\": not writable: \(errno): give it to root or choose another with \(option)")
    }

    private static func holder(_ file: Int32) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = pread(file, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: buffer[..<count].prefix { $0 != 0x0A }, as: UTF8.self))
    }

    /// For people and for messages only; the lock itself does not depend on it.
    private static func writeHolder(_ file: Int32) {
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(file, 0) == 0 { _ = pwrite(file, text, text.count, 0) }
    }
}
