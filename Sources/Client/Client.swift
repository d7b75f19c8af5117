internal import ContainerdAPI
internal import ContainerdTypes
internal import Executors
internal import GRPCCore
internal import Kernel
internal import Model
internal import NIOPosix
internal import RPCTransport

/// A connection to a supervisor that speaks containerd's API, within one namespace.
///
/// Every call throws `Failure` with the code and the message that the supervisor gave.
package struct Client: Sendable {
    typealias Transport = SocketClientTransport

    let grpc: GRPCClient<Transport>
    package let namespace: String
    /// The lease that what is created is added to, if any.
    package var lease: String?

    /// Connects to the Unix socket `address`, runs `body`, disconnects.
    ///
    /// All of it runs on one thread, on which `body` must not block: see `EventLoopExecutor`.
    ///
    /// - Throws: `unavailable` when nobody listens there, naming the socket.
    package static func connected<Result: Sendable>(
        to address: String, namespace: String, _ body: (Client) async throws -> Result
    ) async throws -> Result {
        try Identifier.check(namespace, "namespace")
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let transport = SocketClientTransport(address: address, loop: loop)
        return try await withTaskExecutorPreference(EventLoopExecutor(loop)) {
            try await open(transport, address)
            return try await withGRPCClient(transport: transport) { grpc in
                try await body(Client(grpc: grpc, namespace: namespace))
            }
        }
    }

    /// Connects at once, for the first call would say less of what is wrong.
    private static func open(_ transport: SocketClientTransport, _ address: String) async throws {
        do {
            try await transport.open()
        } catch let error as SystemCallError {
            let advice =
                error.errno == .accessDenied || error.errno == .notPermitted
                ? "you may not connect to it; run as root" : "is berthd running, with this --address?"
            throw Failure(.unavailable, "socket \"\(address)\": \(advice)", cause: error)
        }
    }

    var metadata: Metadata {
        var metadata: Metadata = ["containerd-namespace": "\(namespace)"]
        if let lease { metadata.addString(lease, forKey: "containerd-lease") }
        return metadata
    }

    /// Runs a call and turns gRPC's errors into the model's.
    func call<Result>(_ body: () async throws -> Result) async throws(Failure) -> Result {
        do {
            return try await body()
        } catch let error as RPCError {
            throw Failure(Failure.Code(rawValue: error.code.rawValue) ?? .unknown, error.message)
        } catch let failure as Failure {
            throw failure
        } catch is CancellationError {
            throw Failure(.cancelled, "cancelled")
        } catch {
            throw Failure(.unknown, "\(error)", cause: error)
        }
    }
}
