import GRPCCore
import Kernel
import NIOCore
import NIOPosix
import RPCTransport
import Synchronization
import TestKit
import Testing

/// Messages that are bytes and nothing more.
struct PlainBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] { bytes.withUnsafeBytes(Array.init) }
}

/// Says back what it is told, in every way that gRPC has.
final class EchoService: RegistrableRPCService {
    /// One message, one answer.
    static let once = method("Once")
    /// As many answers as messages, each as soon as it can be.
    static let each = method("Each")
    /// How many bytes all messages had together.
    static let sum = method("Sum")
    /// The message, a thousand times.
    static let thousand = method("Thousand")
    /// Fails with a status of its own.
    static let fail = method("Fail")
    /// Answers when the call is cancelled, and to nobody.
    static let never = method("Never")

    let waiting = Atomic(0)
    let cancelled = Atomic(0)
    let written = Atomic(0)

    private static func method(_ name: String) -> MethodDescriptor {
        MethodDescriptor(service: ServiceDescriptor(fullyQualifiedService: "test.Echo"), method: name)
    }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        register(Self.once, &router) { request, writer in
            for try await message in request.messages { try await writer.write(message) }
            return ["said": "once", "data-bin": .binary([0, 255])]
        }
        register(Self.each, &router) { request, writer in
            for try await message in request.messages { try await writer.write(message) }
            return [:]
        }
        register(Self.sum, &router) { request, writer in
            var sum = 0
            for try await message in request.messages { sum += message.count }
            try await writer.write(Array("\(sum)".utf8))
            return [:]
        }
        register(Self.thousand, &router) { [self] request, writer in
            for try await message in request.messages {
                for _ in 0..<1000 {
                    try await writer.write(message)
                    written.add(1, ordering: .relaxed)
                }
            }
            return [:]
        }
        register(Self.fail, &router) { request, _ in
            for try await _ in request.messages {}
            throw RPCError(code: .failedPrecondition, message: "no: \"ü\"\n100%", metadata: ["why": "because"])
        }
        router.registerHandler(forMethod: Self.never, deserializer: PlainBytes(), serializer: PlainBytes()) {
            _, context in
            StreamingServerResponse<[UInt8]> { _ in
                self.waiting.add(1, ordering: .relaxed)
                try await context.cancellation.cancelled
                self.cancelled.add(1, ordering: .relaxed)
                return [:]
            }
        }
    }

    private func register<Transport: ServerTransport>(
        _ method: MethodDescriptor, _ router: inout RPCRouter<Transport>,
        _ body: @escaping @Sendable (StreamingServerRequest<[UInt8]>, RPCWriter<[UInt8]>) async throws -> Metadata
    ) {
        router.registerHandler(forMethod: method, deserializer: PlainBytes(), serializer: PlainBytes()) { request, _ in
            StreamingServerResponse(metadata: ["begun": "yes"]) { try await body(request, $0) }
        }
    }
}

/// A server of the echo service on a socket of its own, and a client of it.
struct Conversation: Sendable {
    let service: EchoService
    let server: GRPCServer<SocketServerTransport>
    let client: GRPCClient<SocketClientTransport>
    let address: String

    /// - Parameter maximumMessageSize: of a request.
    static func with(
        maximumMessageSize: Int = 1 << 20, _ body: @Sendable (Conversation) async throws -> Void
    ) async throws {
        try await withScratchDirectory { directory in
            try await talk(at: directory + "/socket", maximumMessageSize, body)
        }
    }

    private static func talk(
        at address: String, _ maximumMessageSize: Int, _ body: @Sendable (Conversation) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let service = EchoService()
        let server = GRPCServer(
            transport: SocketServerTransport(
                socket: try UnixSocket.listen(path: address), maximumMessageSize: maximumMessageSize,
                loop: group.next()),
            services: [service])
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { try await server.serve() }
            let transport = SocketClientTransport(address: address, loop: group.next())
            try await withGRPCClient(transport: transport) { client in
                try await body(Conversation(service: service, server: server, client: client, address: address))
            }
            server.beginGracefulShutdown()
        }
        try await group.shutdownGracefully()
    }

    /// One message there, one back.
    func ask(
        _ method: MethodDescriptor, _ message: [UInt8], metadata: Metadata = [:], options: CallOptions = .defaults
    ) async throws -> ClientResponse<[UInt8]> {
        try await client.unary(
            request: ClientRequest(message: message, metadata: metadata), descriptor: method,
            serializer: PlainBytes(), deserializer: PlainBytes(), options: options
        ) { $0 }
    }

    /// The same, for those to whom only what comes back matters.
    func say(
        _ method: MethodDescriptor, _ message: [UInt8], options: CallOptions = .defaults
    ) async throws -> [UInt8] {
        try await ask(method, message, options: options).message
    }

    /// Waits until `count` handlers in all have waited to be told that nobody waits for it.
    func waits(_ count: Int = 1) async throws {
        try await expect("no handler has begun to wait") { service.waiting.load(ordering: .relaxed) >= count }
    }

    /// Waits until a handler has been told that nobody waits for it.
    func cancelled() async throws {
        try await expect("no handler was told of its cancellation") { service.cancelled.load(ordering: .relaxed) > 0 }
    }

    private func expect(_ otherwise: Comment, _ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            guard ContinuousClock.now < deadline else {
                Issue.record(otherwise)
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
