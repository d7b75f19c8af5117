internal import Kernel

/// A shim that has started and waits to be told whose it is.
struct SpareShim: ~Copyable {
    let orders: Channel
    let room: CommandLineRoom?

    /// Waits for the one message of the daemon.
    /// - Returns: nil when the daemon is gone, or had no use for this spare.
    consuming func assignment() throws(SystemCallError) -> Assignment? {
        let assignment = try Assignment(from: orders.descriptor)
        if let assignment { room?.show(assignment.arguments) }
        return assignment
    }
}

/// What makes a spare the shim of a task: the arguments that a shim of its own would have been started with, each
/// ended by a zero byte; the socket to listen on; a connection of the daemon's; the task's log, which becomes the
/// standard error stream.
struct Assignment {
    let arguments: [String]
    /// Numbers that are the caller's to close.
    let listener: Int32
    let connection: Int32

    /// Arguments hold a few paths and names.
    private static let maximumSize = 32 << 10

    /// Reads the message; nil at the end.
    init?(from orders: borrowing FileDescriptor) throws(SystemCallError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.maximumSize, alignment: 1)
        defer { buffer.deallocate() }
        let (count, descriptors) = try UnixSocket.receive(into: buffer, from: orders)
        guard count > 0, descriptors.count == 3 else { return nil }
        arguments = buffer[..<count].split(separator: 0, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
        (listener, connection) = (descriptors[0], descriptors[1])
        let log = FileDescriptor(owning: descriptors[2])
        try duplicate(log.rawValue, onto: 2)
    }
}
