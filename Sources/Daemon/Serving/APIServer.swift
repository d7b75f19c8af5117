internal import Executors
internal import GRPCCore
internal import Kernel
internal import Logging
internal import NIOPosix
internal import RPCTransport
internal import Services

/// The gRPC server on a socket that listens already.
struct APIServer {
    private let server: GRPCServer<SocketServerTransport>
    private let executor: EventLoopExecutor

    /// - Parameter group: of one loop, whose thread handles the calls that `CallPlacement` knows to be small.
    init(
        socket: consuming FileDescriptor, services: [any RegistrableRPCService], maximumMessageSize: Int,
        group: MultiThreadedEventLoopGroup, logger: Logger
    ) {
        let loop = group.next()
        executor = EventLoopExecutor(loop)
        let transport = SocketServerTransport(socket: socket, maximumMessageSize: maximumMessageSize, loop: loop)
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
}
