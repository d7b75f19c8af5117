import GRPCCore
import Glibc
import Kernel
import NIOCore
import NIOPosix
import RPCTransport
import Synchronization
import TestKit
import Testing

@Suite struct TransportTests {
    @Test func `a call brings back its answer with what was sent along before and after it`() async throws {
        try await Conversation.with { talk async throws in
            let answer = try await talk.ask(EchoService.once, [1, 2, 3])
            #expect(try answer.message == [1, 2, 3])
            #expect(Array(answer.metadata[stringValues: "begun"]) == ["yes"])
            #expect(Array(answer.trailingMetadata[stringValues: "said"]) == ["once"])
            #expect(Array(answer.trailingMetadata[binaryValues: "data-bin"]) == [[0, 255]])
        }
    }

    @Test func `many calls at once are kept apart`() async throws {
        try await Conversation.with { talk async throws in
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<300 {
                    group.addTask { () async throws in
                        let message = Array("\(number)".utf8)
                        #expect(try await talk.say(EchoService.once, message) == message)
                    }
                }
            }
        }
    }

    @Test func `a status arrives with its code, its text and what goes with it`() async throws {
        try await Conversation.with { talk async throws in
            let answer = try await talk.ask(EchoService.fail, [])
            guard case .failure(let error) = answer.accepted.flatMap({ $0.message }) else {
                Issue.record("no error")
                return
            }
            #expect(error.code == .failedPrecondition)
            #expect(error.message == "no: \"ü\"\n100%")
            #expect(Array(error.metadata[stringValues: "why"]) == ["because"])
        }
    }

    @Test func `a method that nobody has is said to be unimplemented`() async throws {
        try await Conversation.with { talk async throws in
            let method = MethodDescriptor(service: ServiceDescriptor(fullyQualifiedService: "test.Echo"), method: "No")
            let error = await #expect(throws: RPCError.self) { try await talk.say(method, []) }
            #expect(error?.code == .unimplemented)
        }
    }

    @Test func `a message above the limit is refused with both sizes, and the connection goes on`() async throws {
        try await Conversation.with(maximumMessageSize: 1000) { talk async throws in
            let error = await #expect(throws: RPCError.self) {
                try await talk.say(EchoService.once, [UInt8](repeating: 1, count: 1001))
            }
            #expect(error?.code == .resourceExhausted)
            #expect(error?.message == "received message larger than max (1001 vs. 1000)")
            #expect(try await talk.say(EchoService.once, [UInt8](repeating: 1, count: 1000)).count == 1000)
        }
    }

    @Test func `messages larger than every window pass both ways`() async throws {
        try await Conversation.with(maximumMessageSize: 1 << 24) { talk async throws in
            let message = (0..<(9 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(try await talk.say(EchoService.once, message) == message)
        }
    }

    @Test func `a stream of messages is answered one by one`() async throws {
        try await Conversation.with { talk async throws in
            try await talk.client.bidirectionalStreaming(
                request: StreamingClientRequest(of: [UInt8].self) { writer in
                    for number in 0..<100 as Range<UInt8> { try await writer.write([number]) }
                }, descriptor: EchoService.each, serializer: PlainBytes(), deserializer: PlainBytes(),
                options: .defaults
            ) { response in
                var expected: UInt8 = 0
                for try await message in response.messages {
                    #expect(message == [expected])
                    expected += 1
                }
                #expect(expected == 100)
            }
        }
    }

    @Test func `a fast writer waits for a slow reader`() async throws {
        try await Conversation.with { talk async throws in
            try await talk.client.serverStreaming(
                request: ClientRequest(message: [UInt8](repeating: 3, count: 1 << 16)),
                descriptor: EchoService.thousand, serializer: PlainBytes(), deserializer: PlainBytes(),
                options: .defaults
            ) { response in
                var messages = response.messages.makeAsyncIterator()
                _ = try await messages.next()
                // Long enough for a writer that does not wait to write them all.
                try await Task.sleep(for: .milliseconds(300))
                #expect(talk.service.written.load(ordering: .relaxed) < 200)
                var count = 1
                while let message = try await messages.next() {
                    #expect(message.count == 1 << 16)
                    count += 1
                }
                #expect(count == 1000)
            }
        }
    }

    @Test func `much that is sent at once is counted whole`() async throws {
        try await Conversation.with { talk async throws in
            let response = try await talk.client.clientStreaming(
                request: StreamingClientRequest(of: [UInt8].self) { writer in
                    for _ in 0..<500 { try await writer.write([UInt8](repeating: 1, count: 100_000)) }
                }, descriptor: EchoService.sum, serializer: PlainBytes(), deserializer: PlainBytes(),
                options: .defaults
            ) { try $0.message }
            #expect(String(decoding: response, as: UTF8.self) == "50000000")
        }
    }

    @Test func `what a handler never takes leaves room for the calls beside it`() async throws {
        try await Conversation.with { talk async throws in
            // Together more than the window of the connection.
            for number in 1...8 {
                let call = Task {
                    try await talk.client.clientStreaming(
                        request: StreamingClientRequest(of: [UInt8].self) { writer in
                            for _ in 0..<64 { try await writer.write([UInt8](repeating: 1, count: 1 << 16)) }
                        }, descriptor: EchoService.never, serializer: PlainBytes(), deserializer: PlainBytes(),
                        options: .defaults
                    ) { try $0.message }
                }
                try await talk.waits(number)
                // As much of it as there is room for has to arrive.
                try await Task.sleep(for: .milliseconds(100))
                call.cancel()
                _ = await call.result
            }
            let message = [UInt8](repeating: 2, count: 1 << 19)
            #expect(try await talk.say(EchoService.once, message) == message)
        }
    }

    @Test func `a handler learns that its client has gone away from the call`() async throws {
        try await Conversation.with { talk async throws in
            let call = Task { try await talk.say(EchoService.never, []) }
            try await talk.waits()
            call.cancel()
            _ = await call.result
            try await talk.cancelled()
        }
    }

    @Test func `a handler learns that the deadline it was given has passed`() async throws {
        try await Conversation.with { talk async throws in
            _ = try await talk.ask(EchoService.never, [], metadata: ["grpc-timeout": "100m"])
            try await talk.cancelled()
        }
    }

    @Test func `a server that ends lets calls finish, tells those that wait, and then is gone`() async throws {
        try await Conversation.with { talk async throws in
            let call = Task { try await talk.say(EchoService.never, []) }
            try await talk.waits()
            talk.server.beginGracefulShutdown()
            try await talk.cancelled()
            _ = await call.result
        }
    }

    @Test func `a client goes on with the server that follows one that was lost`() async throws {
        try await withScratchDirectory { directory in
            let address = directory + "/socket"
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let transport = SocketClientTransport(address: address, loop: group.next())
            await #expect(throws: SystemCallError.self) { try await transport.open() }
            try await withGRPCClient(transport: transport) { client in
                for life in 0..<3 {
                    let service = EchoService()
                    let server = GRPCServer(
                        transport: SocketServerTransport(
                            socket: try UnixSocket.listen(path: address), maximumMessageSize: 1 << 20,
                            loop: group.next()),
                        services: [service])
                    let talk = Conversation(service: service, server: server, client: client, address: address)
                    let serving = Task { try await server.serve() }
                    #expect(try await talk.say(EchoService.once, [UInt8(life)]) == [UInt8(life)])
                    let waiting = Task { try await talk.say(EchoService.never, []) }
                    try await talk.waits()
                    // As a death does: no goodbye.
                    serving.cancel()
                    _ = await serving.result
                    let error = await #expect(throws: RPCError.self) { try await waiting.value }
                    #expect(error?.code == .unavailable)
                    unlink(address)
                    let refused = await #expect(throws: RPCError.self) { try await talk.say(EchoService.once, []) }
                    #expect(refused?.code == .unavailable)
                }
            }
            try await group.shutdownGracefully()
        }
    }
}
