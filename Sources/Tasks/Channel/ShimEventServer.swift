internal import ContainerdTypes
internal import Executors
internal import Glibc
internal import Kernel
package import Logging
package import Model
package import NIOCore
internal import NIOPosix
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC

/// The ttrpc server on which shims announce events: `containerd.services.events.ttrpc.v1.Events/Forward`.
///
/// A shim's events are handled one after the other; its call is answered when its event has been handled.
package final class ShimEventServer: Sendable {
    package typealias Handler = @Sendable (EventEnvelope) async -> Void

    private let channel: any NIOCore.Channel
    private let path: String
    private let connections: Connections

    private init(channel: any NIOCore.Channel, path: String, connections: Connections) {
        self.channel = channel
        self.path = path
        self.connections = connections
    }

    /// Listens at `path`, in place of a socket that an earlier life left there. The caller makes sure that there is no
    /// other supervisor at the address.
    package static func start(
        path: String, group: any EventLoopGroup, logger: Logger, handler: @escaping Handler
    ) async throws(Failure) -> ShimEventServer {
        do {
            unlink(path)
            let listener = try ListeningSocket.make(path: path).release()
            let connections = Connections()
            let channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    connections.add(channel)
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            EventConnection(handler: handler, logger: logger))
                    }
                }
                .withBoundSocket(listener)
                .get()
            return ShimEventServer(channel: channel, path: path, connections: connections)
        } catch {
            throw Failure(.unavailable, "event socket \"\(path)\": cannot be listened on", cause: error)
        }
    }

    /// Stops listening and ends every connection. Shims keep what they could not deliver.
    package func close() async {
        try? await channel.close()
        await connections.close()
        unlink(path)
    }
}

/// The connections that are open.
private final class Connections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any NIOCore.Channel]>([:])

    func add(_ channel: any NIOCore.Channel) {
        let name = ObjectIdentifier(channel)
        channels.withLock { $0[name] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in
            _ = self?.channels.withLock { $0.removeValue(forKey: name) }
        }
    }

    func close() async {
        for channel in channels.withLock({ Array($0.values) }) { try? await channel.close() }
    }
}

/// One shim's connection. Used on its event loop only, but for the task that handles its events in order.
private final class EventConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private struct Delivery: Sendable {
        let stream: UInt32
        let envelope: EventEnvelope
    }

    private let handler: ShimEventServer.Handler
    private let logger: Logger
    private var connection = ServerConnection(maximumOpenStreams: 1024)
    private var deliveries: AsyncStream<Delivery>.Continuation?

    init(handler: @escaping ShimEventServer.Handler, logger: Logger) {
        self.handler = handler
        self.logger = logger
    }

    func channelActive(context: ChannelHandlerContext) {
        let (stream, continuation) = AsyncStream.makeStream(of: Delivery.self)
        deliveries = continuation
        let handler = self.handler
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        Task(executorPreference: EventLoopExecutor(loop)) {
            for await delivery in stream {
                await handler(delivery.envelope)
                loop.execute {
                    let (connection, context) = bound.value
                    connection.answer(delivery.stream, .success([]), context)
                }
            }
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { connection.receive($0) }
        while let action = connection.nextAction() {
            switch action {
            case .send(let bytes):
                send(bytes, context)
            // No event comes in parts.
            case .data: continue
            case .call(let stream, let request):
                do throws(Status) {
                    deliveries?.yield(Delivery(stream: stream, envelope: try Self.envelope(of: request)))
                } catch {
                    logger.warning("event refused", metadata: ["error": "\(error.message)"])
                    answer(stream, .failure(error), context)
                }
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deliveries?.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ stream: UInt32, _ response: Response, _ context: ChannelHandlerContext) {
        guard let bytes = connection.respond(to: stream, with: response) else { return }
        send(bytes, context)
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        context.writeAndFlush(NIOAny(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    private static func envelope(of request: Request) throws(Status) -> EventEnvelope {
        guard request.service == "containerd.services.events.ttrpc.v1.Events", request.method == "Forward" else {
            throw Status(.unimplemented, "\(request.service)/\(request.method): not served here")
        }
        let message: Containerd_Services_Events_Ttrpc_V1_ForwardRequest
        do {
            message = try Containerd_Services_Events_Ttrpc_V1_ForwardRequest(serializedBytes: request.payload)
        } catch {
            throw Status(.invalidArgument, "Forward: the request is malformed")
        }
        let envelope = message.envelope
        guard (try? Identifier.check(envelope.namespace, "namespace")) != nil, envelope.topic.hasPrefix("/") else {
            throw Status(.invalidArgument, "Forward: expected a namespace and a topic that begins with a slash")
        }
        return EventEnvelope(
            timestamp: Timestamp(envelope.timestamp), namespace: envelope.namespace, topic: envelope.topic,
            event: TypedPayload(envelope.event))
    }
}
