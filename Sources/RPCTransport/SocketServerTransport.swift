internal import Executors
package import GRPCCore
internal import HTTP2
package import Kernel
package import NIOCore
internal import NIOPosix
internal import Synchronization

/// gRPC over HTTP/2 on a Unix socket that listens already, for calls that are served on one event loop.
///
/// A call is read, handled and answered on the loop's thread, unless its handler goes elsewhere.
package final class SocketServerTransport: ServerTransport {
    package typealias Bytes = [UInt8]
    package typealias Handler =
        @Sendable (RPCStream<Inbound, Outbound>, ServerContext) async -> Void

    private struct State {
        /// Until it is listened on.
        var socket: Int32?
        var methods: [String: MethodDescriptor] = [:]
        var isEnding = false
    }

    private let loop: any EventLoop
    private let maximumMessageSize: Int
    private let state: Mutex<State>
    /// Of the loop.
    private let listener: NIOLoopBoundBox<Listener>

    /// - Parameters:
    ///   - socket: a Unix stream socket that listens. Is closed with the transport.
    ///   - maximumMessageSize: of a request, in bytes.
    package init(socket: consuming Kernel.FileDescriptor, maximumMessageSize: Int, loop: any EventLoop) {
        self.loop = loop
        self.maximumMessageSize = maximumMessageSize
        state = Mutex(State(socket: socket.release()))
        listener = NIOLoopBoundBox.makeBoxSendingValue(Listener(), eventLoop: loop)
    }

    package func configure(context: GRPCServerContext) {
        state.withLock { state in
            for method in context.methods {
                state.methods["/\(method.service.fullyQualifiedService)/\(method.method)"] = method
            }
        }
    }

    /// Serves until told to stop, and then until the last connection has ended; cut short when cancelled.
    package func listen(streamHandler: @escaping Handler) async throws {
        let (socket, methods) = state.withLock { state in
            defer { state.socket = nil }
            return (state.socket, state.methods)
        }
        guard let socket else { return }
        let listener = self.listener
        let loop = self.loop
        let acceptor = Acceptor(
            loop: loop, methods: methods, maximumMessageSize: maximumMessageSize, handler: streamHandler)
        let channel = try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause())
                }
            }
            .childChannelOption(.recvAllocator, value: Connection.receiving)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = acceptor.connection { listener.value.ended($0) }
                    listener.value.began(connection)
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
            .withBoundSocket(socket)
            .get()
        let isEnding = state.withLock { $0.isEnding }
        loop.execute { listener.value.serve(channel, isEnding: isEnding) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { over in loop.execute { listener.value.whenOver(over) } }
        } onCancel: {
            loop.execute { listener.value.close() }
        }
    }

    /// Takes no new connections and no new calls. Handlers are told that the end is near.
    package func beginGracefulShutdown() {
        state.withLock { $0.isEnding = true }
        let listener = self.listener
        loop.execute { listener.value.drain() }
    }
}
