internal import Glibc
internal import Kernel
internal import Model

/// What this installation is known by.
enum Installation {
    /// The UUID kept in the data directory, made at the first start. A crash while it is made leaves none or all.
    static func uuid(root: String) throws(Failure) -> String {
        let path = root + "/uuid"
        if let text = read(path), text.utf8.count == 36 { return text }
        let uuid = fresh()
        let temporary = path + ".new"
        let raw = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw unusable(path) }
        let file = FileDescriptor(owning: raw)
        let bytes = Array(uuid.utf8)
        guard write(file.rawValue, bytes, bytes.count) == bytes.count, fsync(file.rawValue) == 0,
            rename(temporary, path) == 0
        else { throw unusable(path) }
        return uuid
    }

    /// The inode that names the process's PID namespace. See pid_namespaces(7).
    static var pidNamespace: UInt64 {
        var status = stat()
        return stat("/proc/self/ns/pid", &status) == 0 ? UInt64(status.st_ino) : 0
    }

    private static func read(_ path: String) -> String? {
        let raw = open(path, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { return nil }
        let file = FileDescriptor(owning: raw)
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(file.rawValue, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].prefix { $0 > 0x20 }, as: UTF8.self) : nil
    }

    /// A random UUID, RFC 9562 version 4.
    private static func fresh() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]]
            .map { $0.joined() }.joined(separator: "-")
    }

    private static func unusable(_ path: String) -> Failure {
        Failure(.failedPrecondition, "installation id \"\(path)\": cannot be written: \(Errno.current)")
    }
}
