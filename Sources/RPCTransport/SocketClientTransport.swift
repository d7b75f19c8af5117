internal import Executors
package import GRPCCore
internal import HTTP2
internal import Kernel
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// gRPC over HTTP/2 to a Unix socket. A connection that is lost is made anew for the next call; the calls on it end as
/// unavailable.
package final class SocketClientTransport: ClientTransport {
    package typealias Bytes = [UInt8]

    private let address: String
    private let loop: any EventLoop
    private let maximumMessageSize: Int
    /// Of the loop.
    private let current: NIOLoopBoundBox<Link?>
    private let ending: AsyncStream<Never>
    private let end: AsyncStream<Never>.Continuation

    /// - Parameter maximumMessageSize: of an answer, in bytes.
    package init(address: String, maximumMessageSize: Int = 1 << 26, loop: any EventLoop) {
        self.address = address
        self.loop = loop
        self.maximumMessageSize = maximumMessageSize
        current = NIOLoopBoundBox.makeBoxSendingValue(nil, eventLoop: loop)
        (ending, end) = AsyncStream.makeStream()
    }

    package var retryThrottle: RetryThrottle? { nil }

    package func config(forMethod descriptor: MethodDescriptor) -> MethodConfig? { nil }

    /// Lasts until the shutdown.
    package func connect() async throws {
        for await _ in ending {}
    }

    package func beginGracefulShutdown() {
        let current = self.current
        loop.execute { current.value?.drain() }
        end.finish()
    }

    /// Makes the connection, unless there is one.
    /// - Throws: `SystemCallError` when nobody listens or may be connected to.
    package func open() async throws {
        _ = try await connection()
    }

    package func withStream<Result: Sendable>(
        descriptor: MethodDescriptor, options: CallOptions,
        _ body: (RPCStream<Inbound, Outbound>, ClientContext) async throws -> Result
    ) async throws -> Result {
        let bound: NIOLoopBound<Connection>
        do {
            bound = try await connection()
        } catch {
            throw RPCError(code: .unavailable, message: "\(address): \(error)", cause: error)
        }
        let loop = self.loop
        let limit = maximumMessageSize
        let address = self.address
        let make: @Sendable () -> (NIOLoopBound<ClientCall>, Inbox<RPCResponsePart<[UInt8]>>) = {
            let call = ClientCall(
                connection: bound.value, method: descriptor, peer: address, maximumMessageSize: limit)
            return (NIOLoopBound(call, eventLoop: loop), call.inbox)
        }
        let (call, inbox) = loop.inEventLoop ? make() : try await loop.submit(make).get()
        let parts = CallParts(inbox: inbox) { count in onLoop(loop) { call.value.consumed(count) } }
        let stream = RPCStream(
            descriptor: descriptor, inbound: RPCAsyncSequence(wrapping: parts),
            outbound: RPCWriter.Closable(wrapping: CallWriter(loop: loop, call: call)))
        defer { onLoop(loop) { call.value.abandon() } }
        return try await body(
            stream, ClientContext(descriptor: descriptor, remotePeer: address, localPeer: "unix"))
    }

    // MARK: The connection

    /// The connection that there is, or else a new one, for which all who want it wait together.
    private func connection() async throws -> NIOLoopBound<Connection> {
        let current = self.current
        let address = self.address
        let loop = self.loop
        let find: @Sendable () -> EventLoopFuture<NIOLoopBound<Connection>> = {
            if let known = current.value, known.isUsable { return known.future }
            let link = Link(address: address, loop: loop)
            current.value = link
            return link.future
        }
        return try await (loop.inEventLoop ? find() : loop.flatSubmit(find)).get()
    }
}

/// A connection that is made, or being made. Belongs to its event loop.
private final class Link {
    let future: EventLoopFuture<NIOLoopBound<Connection>>
    private let connection: Connection
    private var hasFailed = false

    init(address: String, loop: any EventLoop) {
        let connection = Connection(.client) { _ in }
        self.connection = connection
        let bound = NIOLoopBound(connection, eventLoop: loop)
        do {
            future = ClientBootstrap(group: loop)
                .channelOption(.recvAllocator, value: Connection.receiving)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(bound.value)
                    }
                }
                .withConnectedSocket(try UnixSocket.connect(path: address).release())
                .map { _ in bound }
        } catch {
            hasFailed = true
            future = loop.makeFailedFuture(error)
        }
    }

    var isUsable: Bool { !hasFailed && !connection.isDraining }

    func drain() {
        connection.drain()
    }
}

private func onLoop(_ loop: any EventLoop, _ body: @escaping @Sendable () -> Void) {
    if loop.inEventLoop { body() } else { loop.execute(body) }
}
