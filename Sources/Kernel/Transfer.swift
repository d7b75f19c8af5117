internal import CLinux

/// What one attempt to move bytes came to.
package enum Transfer: Equatable, Sendable {
    case moved(Int)
    /// The source has ended.
    case ended
    /// Nothing can be moved now: the source is empty or the destination full.
    case wouldBlock

    fileprivate init(_ operation: String, _ call: () -> Int) throws(SystemCallError) {
        do {
            let count = try retrying(operation, call)
            self = count == 0 ? .ended : .moved(count)
        } catch {
            guard error.errno == .tryAgain else { throw error }
            self = .wouldBlock
        }
    }

    /// Reads once. See read(2).
    package static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Transfer {
        try Transfer("read") { CLinux.read(descriptor, buffer.baseAddress, buffer.count) }
    }

    /// Writes once, perhaps in part. See write(2).
    package static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32
    ) throws(SystemCallError) -> Transfer {
        if bytes.isEmpty { return .moved(0) }
        return try Transfer("write") { CLinux.write(descriptor, bytes.baseAddress, bytes.count) }
    }

    /// Sends once on a socket; a peer that is gone is an error, never a signal. See send(2).
    package static func send(
        _ bytes: UnsafeRawBufferPointer, to socket: Int32
    ) throws(SystemCallError) -> Transfer {
        if bytes.isEmpty { return .moved(0) }
        return try Transfer("send") {
            CLinux.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
    }

    /// Moves up to `count` bytes inside the kernel, without waiting; one of the two must be a pipe. A source or
    /// destination that cannot be spliced is `invalidArgument`. See splice(2).
    package static func splice(
        from source: Int32, to destination: Int32, count: Int
    ) throws(SystemCallError) -> Transfer {
        try Transfer("splice") {
            CLinux.splice(source, nil, destination, nil, count, UInt32(SPLICE_F_MOVE) | UInt32(SPLICE_F_NONBLOCK))
        }
    }

    /// Bytes that can be read at once from a pipe, FIFO, terminal or socket, 0 where that cannot be told.
    /// See ioctl_tty(2), FIONREAD.
    package static func readable(_ descriptor: Int32) -> Int {
        Int(max(berth_readable(descriptor), 0))
    }
}

extension FileDescriptor {
    /// Makes reads and writes answer at once. It is a property of the open file, shared with all its descriptors.
    package borrowing func setNonBlocking(_ nonBlocking: Bool) throws(SystemCallError) {
        let raw = rawValue
        let flags = try checked("fcntl F_GETFL") { berth_status_flags(raw) }
        let wanted = nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK
        if wanted != flags { try checked("fcntl F_SETFL") { berth_set_status_flags(raw, wanted) } }
    }
}
