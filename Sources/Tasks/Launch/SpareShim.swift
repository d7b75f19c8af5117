internal import Kernel
internal import Model

/// A shim that has started and waits to be told whose it is. One that is let go of without a task ends by itself, for
/// the socket on which it waits for its orders is closed then.
final class SpareShim: Sendable {
    let process: WatchedProcess
    let channel: ShimChannel
    private let orders: FileDescriptor
    /// The shim's end of `channel`.
    private let connection: FileDescriptor

    init(
        process: WatchedProcess, channel: ShimChannel, orders: consuming FileDescriptor,
        connection: consuming FileDescriptor
    ) {
        self.process = process
        self.channel = channel
        self.orders = orders
        self.connection = connection
    }

    /// Whether it can still be given a task.
    var isUsable: Bool { !process.hasEnded && channel.isOpen }

    /// Tells it whose it is: with the arguments that a shim of its own would be started with, the socket to listen on
    /// and the file for its messages. Once, and not after `dismiss`.
    func assign(_ arguments: [String], listener: Int32, log: Int32) throws(SystemCallError) {
        let message = arguments.reduce(into: [UInt8]()) { $0 += Array($1.utf8) + [0] }
        _ = try UnixSocket.send(message, descriptors: [listener, connection.rawValue, log], to: orders)
    }

    /// Ends it.
    func dismiss() {
        process.kill()
        channel.close()
        let process = self.process
        // Somebody has to reap it.
        Task { await process.end() }
    }
}
