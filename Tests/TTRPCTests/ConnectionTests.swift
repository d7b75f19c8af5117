import Testing

@testable import TTRPC

@Suite struct ConnectionTests {
    private let request = Request(service: "s", method: "m", payload: [1, 2])

    private func feed(_ server: inout ServerConnection, _ bytes: [UInt8]) -> [ServerConnection.Action] {
        bytes.withUnsafeBytes { server.receive($0) }
        var actions: [ServerConnection.Action] = []
        while let action = server.nextAction() { actions.append(action) }
        return actions
    }

    private func feed(_ client: inout ClientConnection, _ bytes: [UInt8]) -> [ClientConnection.Answer] {
        bytes.withUnsafeBytes { client.receive($0) }
        var answers: [ClientConnection.Answer] = []
        while let answer = client.nextAnswer() { answers.append(answer) }
        return answers
    }

    private func frame(_ stream: UInt32, _ payload: [UInt8], type: MessageType = .request) -> [UInt8] {
        var bytes: [UInt8] = []
        FrameHeader(length: UInt32(payload.count), stream: stream, type: type).write(to: &bytes)
        return bytes + payload
    }

    /// The code of a refusal that the server sends by itself.
    private func refusal(_ actions: [ServerConnection.Action]) throws -> StatusCode? {
        guard case .send(let bytes)? = actions.first else { return nil }
        let response = try Array(bytes.dropFirst(FrameHeader.size)).withUnsafeBytes { try Response(reading: $0) }
        guard case .failure(let status) = response else { return nil }
        return status.code
    }

    @Test func `calls are answered in any order, each by its stream`() throws {
        var client = ClientConnection()
        var server = ServerConnection()
        let first = try client.call(request)
        let second = try client.call(request)
        #expect(first.stream == 1)
        #expect(second.stream == 3)
        #expect(
            feed(&server, first.bytes + second.bytes) == [.call(stream: 1, request), .call(stream: 3, request)])
        #expect(server.openStreams == [1, 3])

        let failure = Status(.notFound, "gone", details: [[1, 2, 3]])
        let third = server.respond(to: 3, with: .failure(failure))
        let one = server.respond(to: 1, with: .success([9]))
        let answers = feed(&client, try #require(third) + (try #require(one)))
        #expect(
            answers == [
                .init(stream: 3, response: .failure(failure)), .init(stream: 1, response: .success([9])),
            ])
        #expect(client.openStreams.isEmpty)
        #expect(server.respond(to: 1, with: .success([])) == nil)
    }

    @Test func `an even stream is refused and the connection goes on`() throws {
        var server = ServerConnection()
        #expect(try refusal(feed(&server, frame(2, []))) == .invalidArgument)
        #expect(feed(&server, frame(1, [])).count == 1)
        #expect(server.openStreams == [1])
    }

    @Test func `a stream number cannot be used again, nor a lower one`() throws {
        var server = ServerConnection()
        _ = feed(&server, frame(5, []))
        #expect(try refusal(feed(&server, frame(5, []))) == .invalidArgument)
        #expect(try refusal(feed(&server, frame(3, []))) == .invalidArgument)
    }

    @Test func `data without a stream is refused`() throws {
        var server = ServerConnection()
        #expect(try refusal(feed(&server, frame(1, [1], type: .data))) == .invalidArgument)
    }

    private func header(_ bytes: [UInt8]?) throws -> FrameHeader {
        try #require(bytes).withUnsafeBytes { FrameHeader(reading: $0) }
    }

    @Test func `a stream that its call leaves open carries data both ways until each side has ended`() throws {
        var server = ServerConnection()
        var open: [UInt8] = []
        FrameHeader(length: 0, stream: 1, type: .request, flags: .remoteOpen).write(to: &open)
        #expect(feed(&server, open) == [.call(stream: 1, Request(service: "", method: "", payload: []))])
        #expect(feed(&server, frame(1, [7], type: .data)) == [.data(stream: 1, [7], isLast: false)])
        let data = server.data([5, 6], on: 1)
        #expect(try header(data) == FrameHeader(length: 2, stream: 1, type: .data))
        #expect(data?.suffix(2) == [5, 6])
        var last: [UInt8] = []
        FrameHeader(length: 0, stream: 1, type: .data, flags: [.remoteClosed, .noData]).write(to: &last)
        #expect(feed(&server, last) == [.data(stream: 1, nil, isLast: true)])
        #expect(try refusal(feed(&server, frame(1, [7], type: .data))) == .invalidArgument)
        #expect(
            try header(server.end(1))
                == FrameHeader(length: 0, stream: 1, type: .data, flags: [.remoteClosed, .noData]))
        #expect(server.data([1], on: 1) == nil)
        #expect(server.openStreams.isEmpty)
    }

    @Test func `frames of unknown types are passed over`() {
        var server = ServerConnection()
        #expect(feed(&server, frame(1, [1], type: MessageType(rawValue: 77)) + frame(1, [])).count == 1)
    }

    @Test func `a malformed request is refused on its stream`() throws {
        var server = ServerConnection()
        #expect(try refusal(feed(&server, frame(1, [0x0A, 9]))) == .invalidArgument)
        #expect(server.openStreams.isEmpty)
    }

    @Test func `an oversized request is refused and the next one served`() throws {
        var server = ServerConnection(maximumPayload: 16)
        #expect(try refusal(feed(&server, frame(1, [UInt8](repeating: 0, count: 17)))) == .resourceExhausted)
        #expect(feed(&server, frame(3, [])).count == 1)
    }

    @Test func `a client cannot keep more calls open than the limit`() throws {
        var server = ServerConnection(maximumOpenStreams: 2)
        _ = feed(&server, frame(1, []) + frame(3, []))
        #expect(try refusal(feed(&server, frame(5, []))) == .resourceExhausted)
        _ = server.respond(to: 1, with: .success([]))
        #expect(feed(&server, frame(7, [])).count == 1)
        #expect(server.openStreams == [3, 7])
    }

    @Test func `an answer above the limit becomes an error`() throws {
        var client = ClientConnection()
        var server = ServerConnection()
        _ = feed(&server, try client.call(request).bytes)
        let bytes = server.respond(to: 1, with: .success([UInt8](repeating: 0, count: FrameHeader.maximumPayload)))
        guard case .failure(let status)? = feed(&client, try #require(bytes)).first?.response else {
            Issue.record("expected a failure")
            return
        }
        #expect(status.code == .resourceExhausted)
    }

    @Test func `a request above the limit is not sent`() {
        var client = ClientConnection()
        var large = request
        large.payload = [UInt8](repeating: 0, count: FrameHeader.maximumPayload)
        #expect(throws: ClientConnection.CallError.self) { try client.call(large) }
        #expect(client.openStreams.isEmpty)
    }

    @Test func `answers to abandoned calls are passed over`() throws {
        var client = ClientConnection()
        var server = ServerConnection()
        _ = feed(&server, try client.call(request).bytes + (try client.call(request).bytes))
        client.abandon(1)
        let first = server.respond(to: 1, with: .success([1]))
        let second = server.respond(to: 3, with: .success([3]))
        #expect(
            feed(&client, try #require(first) + (try #require(second))) == [.init(stream: 3, response: .success([3]))])
    }

    @Test func `closing names the calls nobody will answer`() throws {
        var client = ClientConnection()
        _ = try client.call(request)
        _ = try client.call(request)
        #expect(client.close() == [1, 3])
        #expect(client.close().isEmpty)
        #expect(throws: ClientConnection.CallError.exhausted) { try client.call(request) }
    }
}
