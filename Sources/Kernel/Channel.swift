internal import CLinux

/// One end of a pair of Unix sockets that keep message boundaries (`SOCK_SEQPACKET`), or a connection of that kind.
package struct Channel: ~Copyable {
    package let descriptor: FileDescriptor

    package init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// socketpair(2): the numbers of both ends. Each belongs to whoever wraps it into a `Channel`.
    package static func pair() throws(SystemCallError) -> (Int32, Int32) {
        var ends: (Int32, Int32) = (-1, -1)
        let kind = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        try checked("socketpair") {
            withUnsafeMutableBytes(of: &ends) {
                socketpair(AF_UNIX, kind, 0, $0.assumingMemoryBound(to: Int32.self).baseAddress)
            }
        }
        return ends
    }

    /// Sends one message, with a descriptor if one is given. Fails with `EPIPE` when the other end is gone.
    package borrowing func send(
        _ bytes: UnsafeRawBufferPointer, passing passed: Int32? = nil
    ) throws(SystemCallError) {
        let number = descriptor.rawValue
        try retrying("sendmsg") { berth_send(number, bytes.baseAddress, bytes.count, passed ?? -1) }
    }

    /// Receives one message into `buffer`; answers its length, 0 at the end, and the descriptor that came with it.
    ///
    /// The kernel tells of an end that closed with messages unread before what that end had sent, and only once: its
    /// last words are still to be had.
    package borrowing func receive(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> (count: Int, passed: Int32?) {
        let number = descriptor.rawValue
        var passed: Int32 = -1
        let count: Int
        do {
            count = try retrying("recvmsg") { berth_receive(number, buffer.baseAddress, buffer.count, &passed) }
        } catch {
            guard error.errno == .connectionReset else { throw error }
            count = try retrying("recvmsg") { berth_receive(number, buffer.baseAddress, buffer.count, &passed) }
        }
        return (count, passed >= 0 ? passed : nil)
    }

    /// Gives the descriptor's number away without closing it.
    package consuming func release() -> Int32 {
        descriptor.release()
    }

    /// A socket at `path`, for connections that keep message boundaries. Nothing must be there yet. See unix(7).
    package static func listen(at path: String) throws(SystemCallError) -> FileDescriptor {
        let socket = try makeSocket()
        let number = socket.rawValue
        try checked("bind", on: path) { berth_bind_path(number, path) }
        try checked("listen", on: path) { CLinux.listen(number, 8) }
        return socket
    }

    /// Waits for a connection; its number is the caller's.
    package static func accept(_ listener: Int32) throws(SystemCallError) -> Int32 {
        try retrying("accept4") { berth_accept_anyone(listener) }
    }

    /// Connects to a socket made by `listen`.
    package static func connect(to path: String) throws(SystemCallError) -> Channel {
        let socket = try makeSocket()
        let number = socket.rawValue
        try retrying("connect", on: path) { berth_connect_path(number, path) }
        return Channel(socket)
    }

    private static func makeSocket() throws(SystemCallError) -> FileDescriptor {
        let kind = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        return FileDescriptor(owning: try checked("socket") { socket(AF_UNIX, kind, 0) })
    }
}
