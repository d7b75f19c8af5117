internal import Glibc
internal import Kernel

/// A Unix socket that listens at a path, which only this user may connect to.
///
/// Unlike a change of the process's file mode mask, this can be done while other threads make files: nobody can
/// connect before listen(2), and by then the mode is set.
enum ListeningSocket {
    /// The longest path that fits in a socket address with its end. See unix(7).
    static let maximumPath = 107

    static func make(path: String, backlog: Int32 = 128) throws(SystemCallError) -> FileDescriptor {
        guard path.utf8.count <= maximumPath else {
            throw SystemCallError("bind", on: path, errno: .nameTooLong)
        }
        let listener = FileDescriptor(
            owning: try checked("socket") {
                socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            })
        let descriptor = listener.rawValue
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        try withUnsafePointer(to: address) { (address) throws(SystemCallError) in
            try address.withMemoryRebound(to: sockaddr.self, capacity: 1) { (address) throws(SystemCallError) in
                _ = try checked("bind", on: path) { bind(descriptor, address, length) }
            }
        }
        do {
            try checked("chmod", on: path) { chmod(path, 0o600) }
            try checked("listen", on: path) { listen(descriptor, backlog) }
        } catch {
            unlink(path)
            throw error
        }
        return listener
    }
}
