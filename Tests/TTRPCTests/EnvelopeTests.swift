import TTRPC
import Testing

@Suite struct EnvelopeTests {
    private func payload(of call: ClientConnection.Call) -> [UInt8] { Array(call.bytes.dropFirst(FrameHeader.size)) }

    private func request(reading bytes: [UInt8]) throws -> Request {
        try bytes.withUnsafeBytes { try Request(reading: $0) }
    }

    private func response(reading bytes: [UInt8]) throws -> Response {
        try bytes.withUnsafeBytes { try Response(reading: $0) }
    }

    @Test func `a request is encoded as protobuf encodes it`() throws {
        var client = ClientConnection()
        let call = try client.call(
            Request(service: "s", method: "m", payload: [1], timeout: 300, metadata: [.init(key: "k", value: "v")]))
        #expect(
            payload(of: call) == [
                0x0A, 1, 0x73, 0x12, 1, 0x6D, 0x1A, 1, 1, 0x20, 0xAC, 0x02, 0x2A, 6, 0x0A, 1, 0x6B, 0x12, 1, 0x76,
            ])
    }

    @Test func `a request comes back as it went out`() throws {
        var client = ClientConnection()
        let sent = Request(
            service: "containerd.task.v2.Task", method: "Create", payload: [UInt8](0...255), timeout: -1,
            metadata: [.init(key: "a", value: ""), .init(key: "a", value: "ü")])
        #expect(try request(reading: payload(of: try client.call(sent))) == sent)
    }

    @Test func `unknown fields of every wire type are skipped`() throws {
        let bytes: [UInt8] =
            [0x0A, 1, 0x73] + [0x78, 0x96, 0x01] + [0x7D, 1, 2, 3, 4] + [0x79, 1, 2, 3, 4, 5, 6, 7, 8] + [
                0x7A, 2, 9, 9,
            ]
        #expect(try request(reading: bytes).service == "s")
    }

    @Test(
        arguments: [
            [0x0A, 5, 0x73],  // a string longer than the message
            [0x0A],  // a tag without its value
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],  // a length beyond any memory
            [0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],  // a number of more than 64 bits
            [0x0B],  // a group
            [0x00],  // field number 0
            [0x08, 1],  // a number where a string belongs
            [0x0A, 1, 0xFF],  // no UTF-8
            [0x2A, 2, 0x0A, 9],  // a malformed message within
            [0x7D, 1, 2],  // a fixed number cut off
        ] as [[UInt8]]) func `a malformed envelope is an error`(_ bytes: [UInt8])
    {
        #expect(throws: WireError.self) { try request(reading: bytes) }
    }

    @Test func `no bytes of any kind make an envelope crash`() {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int(state % 24) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(UInt8(truncatingIfNeeded: state >> 56))
            }
            state = state &* 6_364_136_223_846_793_005 &+ 1
            _ = try? request(reading: bytes)
            _ = try? response(reading: bytes)
        }
    }

    @Test func `a status of code OK is success`() throws {
        #expect(try response(reading: [0x0A, 2, 0x08, 0, 0x12, 1, 7]) == .success([7]))
        #expect(try response(reading: [0x0A, 0, 0x12, 1, 7]) == .success([7]))
        #expect(try response(reading: []) == .success([]))
    }
}
