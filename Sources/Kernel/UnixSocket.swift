internal import CLinux

/// Stream sockets of the Unix family, by path, never abstract. See unix(7).
package enum UnixSocket {
    package struct Credentials: Equatable, Sendable {
        package let process: Int32
        package let user: UInt32
        package let group: UInt32
    }

    /// Listens at `path`, which must not exist; the file's mode is 0600 from its first moment.
    package static func listen(path: String, backlog: Int32 = 128) throws(SystemCallError) -> FileDescriptor {
        let descriptor = try make()
        let raw = descriptor.rawValue
        // bind(2) gives the file the mode of the socket itself. Neither umask(2), which is the whole process's, nor a
        // chmod(2) after the fact, which leaves a gap, is needed.
        try checked("fchmod", on: path) { fchmod(raw, 0o600) }
        try checked("bind", on: path) { berth_bind_unix(raw, path, path.utf8.count) }
        try checked("listen", on: path) { CLinux.listen(raw, backlog) }
        return descriptor
    }

    /// Connects; the result does not block.
    /// - Throws: `tryAgain` when the listener's backlog is full, for another attempt later.
    package static func connect(path: String) throws(SystemCallError) -> FileDescriptor {
        let descriptor = try make()
        let raw = descriptor.rawValue
        try retrying("connect", on: path) { berth_connect_unix(raw, path, path.utf8.count) }
        return descriptor
    }

    /// Both ends of a connection without a path, neither of which blocks. Each belongs to whoever takes it. See
    /// socketpair(2).
    package static func pair() throws(SystemCallError) -> (Int32, Int32) {
        var ends: (Int32, Int32) = (-1, -1)
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        try checked("socketpair") {
            withUnsafeMutableBytes(of: &ends) {
                socketpair(AF_UNIX, kind, 0, $0.assumingMemoryBound(to: Int32.self).baseAddress)
            }
        }
        return ends
    }

    /// The next connection of a non-blocking listener, itself non-blocking, or nil when none waits.
    package static func accept(_ listener: borrowing FileDescriptor) throws(SystemCallError) -> FileDescriptor? {
        let raw = listener.rawValue
        do {
            let accepted = try retrying("accept4") {
                berth_accept(raw)
            }
            return FileDescriptor(owning: accepted)
        } catch {
            // The second is a peer that gave up in the queue.
            if error.errno == .tryAgain || error.errno == Errno(rawValue: ECONNABORTED) { return nil }
            throw error
        }
    }

    /// Who connected, as of the moment of connect(2). See socket(7), SO_PEERCRED.
    package static func peer(of socket: borrowing FileDescriptor) throws(SystemCallError) -> Credentials {
        let raw = socket.rawValue
        var process: pid_t = 0
        var user: uid_t = 0
        var group: gid_t = 0
        try checked("getsockopt SO_PEERCRED") { berth_peer_credentials(raw, &process, &user, &group) }
        return Credentials(process: process, user: user, group: group)
    }

    /// The path a socket is bound to, or nil when it has none or an abstract name.
    package static func path(of socket: borrowing FileDescriptor) throws(SystemCallError) -> String? {
        let raw = socket.rawValue
        var buffer: [UInt8] = Array(repeating: 0, count: 128)
        try checked("getsockname") { berth_unix_path(raw, &buffer, buffer.count) }
        let path = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        return path.isEmpty ? nil : path
    }

    /// Sends bytes with up to 16 descriptors, which stay open here. See unix(7), SCM_RIGHTS.
    package static func send(
        _ bytes: [UInt8], descriptors: [Int32], to socket: borrowing FileDescriptor
    ) throws(SystemCallError) -> Int {
        let raw = socket.rawValue
        return try retrying("sendmsg") {
            berth_send_descriptors(raw, bytes, bytes.count, descriptors, descriptors.count)
        }
    }

    /// Receives bytes into `buffer`, and up to 16 descriptors, which the caller owns from then on.
    package static func receive(
        into buffer: UnsafeMutableRawBufferPointer, from socket: borrowing FileDescriptor
    ) throws(SystemCallError) -> (count: Int, descriptors: [Int32]) {
        let raw = socket.rawValue
        var descriptors = [Int32](repeating: -1, count: 16)
        var present = descriptors.count
        let count = try retrying("recvmsg") {
            present = descriptors.count
            return berth_receive_descriptors(raw, buffer.baseAddress, buffer.count, &descriptors, &present)
        }
        return (count, Array(descriptors.prefix(present)))
    }

    private static func make() throws(SystemCallError) -> FileDescriptor {
        FileDescriptor(
            owning: try checked("socket") {
                socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            })
    }
}
