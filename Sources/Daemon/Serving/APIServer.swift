internal import Executors
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import Kernel
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Services

/// The gRPC server on a socket that listens already.
struct APIServer {
    private let server: GRPCServer<HTTP2ServerTransport.Posix>
    private let executor: EventLoopExecutor

    /// - Parameter group: of one loop, whose thread handles the calls that `CallPlacement` knows to be small.
    init(
        socket: consuming Kernel.FileDescriptor, services: [any RegistrableRPCService], maximumMessageSize: Int,
        group: MultiThreadedEventLoopGroup, logger: Logger
    ) {
        executor = EventLoopExecutor(group.next())
        let transport = HTTP2ServerTransport.Posix(
            listeningSocketDescriptor: Int(socket.release()), transportSecurity: .plaintext,
            config: Self.configuration(maximumMessageSize: maximumMessageSize), eventLoopGroup: group)
        server = GRPCServer(
            transport: transport, services: services, interceptors: [FaultLog(logger: logger), CallPlacement()])
    }

    /// Serves until told to stop, and then until the last call has ended.
    func serve() async throws {
        try await withTaskExecutorPreference(executor) { try await server.serve() }
    }

    /// Takes no new calls.
    func stop() {
        server.beginGracefulShutdown()
    }

    private static func configuration(maximumMessageSize: Int) -> HTTP2ServerTransport.Posix.Config {
        .defaults { config in
            config.rpc.maxRequestPayloadSize = maximumMessageSize
            // Clients are on this machine: an answer that waits to be sent with others only waits.
            config.connection.flushCoalescing = nil
            // Uploads of layers: a window of 64 KiB would stop the client at every turn of the loop.
            config.http2.targetWindowSize = 1 << 20
            config.http2.maxFrameSize = 1 << 18
            // Each wait for a container's exit is a call that stays open. NIO allows 100 unless it is told otherwise, does
            // not tell clients, and ends the connection of one that opens another.
            config.http2.maxConcurrentStreams = 1 << 20
            // Clients such as BuildKit and dockerd ping idle connections; a socket's peer cannot vanish unnoticed.
            config.connection.keepalive.clientBehavior.allowWithoutCalls = true
            config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = .seconds(1)
            // The one place where the handlers of sockets can be reached.
            config.channelDebuggingCallbacks.onBindTCPListener = { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(), position: .first)
                }
            }
            config.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientFrames(), position: .first)
                }
            }
        }
    }
}
