internal import Kernel
internal import Model
internal import NIOCore
internal import NIOPosix
internal import TTRPC

/// A connection to one shim, for many calls at once.
///
/// A call ends with its answer, its deadline, its caller's cancellation or the connection's loss, whichever is first.
final class ShimChannel: Sendable {
    private let channel: any NIOCore.Channel
    private let handler: NIOLoopBound<CallHandler>

    private init(channel: any NIOCore.Channel, handler: NIOLoopBound<CallHandler>) {
        self.channel = channel
        self.handler = handler
    }

    /// Connects to the socket at `path`.
    /// - Throws: `unavailable` when nobody listens.
    static func connect(
        path: String, peer: String, group: any EventLoopGroup
    ) async throws(Failure) -> ShimChannel {
        let socket: Kernel.FileDescriptor
        do {
            socket = try UnixSocket.connect(path: path)
        } catch {
            throw Failure(.unavailable, "\(peer): cannot be reached", cause: error)
        }
        return try await over(socket, peer: peer, group: group)
    }

    /// Takes over a connection that exists.
    static func over(
        _ socket: consuming Kernel.FileDescriptor, peer: String, group: any EventLoopGroup
    ) async throws(Failure) -> ShimChannel {
        let loop = group.next()
        let number = socket.release()
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(CallHandler())
                    }
                }
                .withConnectedSocket(number)
                .get()
            let handler = try await channel.eventLoop.submit {
                NIOLoopBound(
                    try channel.pipeline.syncOperations.handler(type: CallHandler.self), eventLoop: channel.eventLoop)
            }.get()
            return ShimChannel(channel: channel, handler: handler)
        } catch {
            throw Failure(.unavailable, "\(peer): cannot be reached", cause: error)
        }
    }

    var isOpen: Bool { channel.isActive }

    /// Calls `method` and waits for its answer, at most for `deadline`; nil waits as long as the connection lasts.
    /// - Parameter peer: names the shim in messages.
    func call(
        service: String, method: String, payload: [UInt8], namespace: String, peer: String, deadline: Duration?
    ) async throws(Failure) -> [UInt8] {
        let limit = deadline.map { TimeAmount($0) }
        let request = Request(
            service: service, method: method, payload: payload, timeout: limit?.nanoseconds ?? 0,
            metadata: [.init(key: "containerd-namespace-ttrpc", value: namespace)])
        let ticket = CallTicket()
        let handler = self.handler
        let loop = channel.eventLoop
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { completion in
                loop.execute {
                    handler.value.call(request, peer: peer, deadline: limit, ticket: ticket, completion: completion)
                }
            }
        } onCancel: {
            ticket.withdraw()
            loop.execute { handler.value.cancel(ticket) }
        }
        return try result.get()
    }

    func close() {
        channel.close(promise: nil)
    }
}
