import HTTP2
import Testing

/// Two sessions that talk to each other in memory.
@Suite struct SessionTests {
    @Test func `a request and its answer arrive whole, with trailers after the body`() throws {
        let pair = SessionPair()
        let stream = try pair.client.session.request([HeaderField(":method", "POST"), HeaderField("te", "trailers")])
        _ = pair.client.session.write("question".utf8, on: stream)
        pair.client.session.finish(stream)
        try pair.exchange()
        #expect(pair.server.fields[stream] == [[HeaderField(":method", "POST"), HeaderField("te", "trailers")]])
        #expect(pair.server.body(stream) == "question")
        #expect(pair.server.ended == [stream])

        try pair.server.session.respond([HeaderField(":status", "200")], on: stream)
        _ = pair.server.session.write("ans".utf8, on: stream)
        _ = pair.server.session.write("wer".utf8, on: stream)
        pair.server.session.finish(stream, trailers: [HeaderField("grpc-status", "0")])
        try pair.exchange()
        #expect(pair.client.fields[stream] == [[HeaderField(":status", "200")], [HeaderField("grpc-status", "0")]])
        #expect(pair.client.body(stream) == "answer")
        #expect(pair.client.closed == [stream: 0])
        #expect(pair.server.closed == [stream: 0])
    }

    @Test func `an answer that begins before its body is known waits for it`() throws {
        let pair = SessionPair()
        let stream = try pair.client.session.request([])
        pair.client.session.finish(stream)
        try pair.exchange()
        try pair.server.session.respond([HeaderField(":status", "200")], on: stream)
        try pair.exchange()
        #expect(pair.client.body(stream) == "")
        #expect(pair.client.closed == [:])
        _ = pair.server.session.write("late".utf8, on: stream)
        try pair.exchange()
        #expect(pair.client.body(stream) == "late")
        pair.server.session.finish(stream, trailers: [])
        try pair.exchange()
        #expect(pair.client.closed == [stream: 0])
    }

    @Test func `a server that has said all stops a client that has not`() throws {
        let pair = SessionPair()
        let stream = try pair.client.session.request([])
        try pair.exchange()
        try pair.server.session.respondOnly([HeaderField(":status", "415")], on: stream)
        try pair.exchange()
        #expect(pair.client.fields[stream] == [[HeaderField(":status", "415")]])
        #expect(pair.client.closed == [stream: 0])
        #expect(pair.server.closed == [stream: 0])
    }

    @Test func `no more is sent than the taker has room for, and the writer is told when to go on`() throws {
        let pair = SessionPair()
        pair.server.keeps = true
        let stream = try pair.client.session.request([])
        let size = 3 << 20
        let mustWait = pair.client.session.write([UInt8](repeating: 7, count: size), on: stream)
        #expect(mustWait)
        #expect(pair.client.session.isFull(stream))
        try pair.exchange()
        let window = Int(SessionLimits().streamWindow)
        #expect(pair.server.bodies[stream]?.count == window)
        #expect(pair.client.drains == [])
        while let count = pair.server.bodies[stream]?.count, count < size {
            pair.server.session.consumed(pair.server.takeHeld(stream), on: stream)
            try pair.exchange()
            #expect((pair.server.bodies[stream]?.count ?? 0) > count)
        }
        #expect(pair.server.bodies[stream]?.count == size)
        #expect(pair.client.drains == [stream])
        #expect(!pair.client.session.isFull(stream))
    }

    @Test func `a reset is told to the other end with its reason`() throws {
        let pair = SessionPair()
        let stream = try pair.client.session.request([])
        try pair.exchange()
        pair.client.session.reset(stream, .cancel)
        try pair.exchange()
        #expect(pair.server.closed == [stream: ResetReason.cancel.rawValue])
        #expect(!pair.server.session.write([1], on: stream))
    }

    @Test func `a server on its way out finishes what it has begun and refuses what is new`() throws {
        let pair = SessionPair()
        let old = try pair.client.session.request([])
        try pair.exchange()
        pair.server.session.goAway()
        try pair.exchange()
        #expect(pair.client.goAways == 1)
        #expect(!pair.server.session.isOver)
        try pair.server.session.respondOnly([HeaderField(":status", "200")], on: old)
        try pair.exchange()
        #expect(pair.client.closed == [old: 0])
        #expect(pair.server.session.isOver)
    }

    @Test func `what is no HTTP/2 ends the connection with an error`() throws {
        let server = SessionEnd(.server)
        let text = Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        #expect(throws: SessionError.self) { try text.withUnsafeBytes { try server.session.receive($0) } }
    }
}
