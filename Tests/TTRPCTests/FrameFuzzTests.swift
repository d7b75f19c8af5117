import TTRPC
import TestKit
import Testing

/// What a peer may send that is broken, hostile, or another program.
@Suite struct FrameFuzzTests {
    private static let rounds = fuzzRounds(1500)
    /// Small, so that frames above it are common.
    private static let limit = 96

    /// Frames as they are sent one after the other, some of them of no sense.
    private func frames(_ random: inout SeededGenerator) throws -> [[UInt8]] {
        var client = ClientConnection()
        return try (0..<Int.random(in: 1...6, using: &random)).map { _ in
            switch Int.random(in: 0..<8, using: &random) {
            case 0: return frame(UInt32.random(in: 0...20, using: &random), size: 0, type: 3)
            case 1: return frame(UInt32.random(in: 0...20, using: &random), size: 5, type: 2)
            case 2:
                return frame(
                    UInt32.random(in: 0...20, using: &random), size: 9, type: UInt8.random(in: 0...9, using: &random))
            case 3: return frame(UInt32.random(in: 0...20, using: &random), size: Self.limit + 1, type: 1)
            case 4: return frame(UInt32.random(in: 0...20, using: &random), size: 5_000, type: 1)
            default:
                let size = Int.random(in: 0...60, using: &random)
                return try client.call(
                    Request(service: "s", method: "m", payload: [UInt8](repeating: 7, count: size), timeout: 1)
                ).bytes
            }
        }
    }

    private func frame(_ stream: UInt32, size: Int, type: UInt8) -> [UInt8] {
        var bytes: [UInt8] = []
        FrameHeader(length: UInt32(size), stream: stream, type: MessageType(rawValue: type)).write(to: &bytes)
        return bytes + [UInt8](repeating: type, count: size)
    }

    /// What arrives: mostly whole frames, every second time damaged.
    private func traffic(_ random: inout SeededGenerator) throws -> [UInt8] {
        let bytes = Array(try frames(&random).joined())
        return Bool.random(using: &random) ? bytes : MessageMutation.of(bytes, using: &random)
    }

    /// The same bytes as they may come out of a socket.
    private func cut(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let size = Int.random(in: 1...(Bool.random(using: &random) ? 3 : 600), using: &random)
            chunks.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return chunks
    }

    /// What the specification makes of the bytes, all of them at hand: whole frames with their payload, oversized ones
    /// without, and whether something has begun that has no end.
    private func expected(_ bytes: [UInt8]) -> (elements: [FrameReader.Element], isInside: Bool) {
        var elements: [FrameReader.Element] = []
        var rest = bytes[...]
        while rest.count >= FrameHeader.size {
            let header = Array(rest.prefix(FrameHeader.size)).withUnsafeBytes { FrameHeader(reading: $0) }
            let body = rest.dropFirst(FrameHeader.size)
            if Int(header.length) > Self.limit {
                elements.append(.oversized(header))
                if body.count < Int(header.length) { return (elements, true) }
            } else if body.count < Int(header.length) {
                break
            } else {
                elements.append(.frame(Frame(header: header, payload: Array(body.prefix(Int(header.length))))))
            }
            rest = body.dropFirst(Int(header.length))
        }
        return (elements, !rest.isEmpty)
    }

    @Test(arguments: 0..<4) func `whatever arrives is cut into the frames that the specification sees`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(state: seed)
        for round in 0..<Self.rounds {
            let bytes = try traffic(&random)
            var reader = FrameReader(maximumPayload: Self.limit)
            var elements: [FrameReader.Element] = []
            for chunk in cut(bytes, &random) {
                chunk.withUnsafeBytes { reader.append($0) }
                while let element = reader.next() { elements.append(element) }
            }
            let (wanted, isInside) = expected(bytes)
            #expect(elements == wanted, "seed \(seed), round \(round)")
            #expect(reader.isInsideFrame == isInside, "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: 0..<4) func `a server answers each call or refuses it, on its stream, however the bytes are cut`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(state: seed &+ 100)
        var calls = 0
        var refusals = 0
        for round in 0..<Self.rounds {
            let bytes = try traffic(&random)
            var whole = ServerConnection(maximumOpenStreams: 3, maximumPayload: Self.limit)
            var piecemeal = whole
            let actions = feed(&whole, [bytes])
            #expect(feed(&piecemeal, cut(bytes, &random)) == actions, "seed \(seed), round \(round)")
            // Whoever sent a request or data hears of it, and nobody else does.
            let streams = expected(bytes).elements.compactMap(Self.streamToAnswer)
            #expect(try actions.map { try stream(of: $0) } == streams, "seed \(seed), round \(round)")
            #expect(whole.openStreams.count <= 3 && whole.openStreams.allSatisfy { $0 % 2 == 1 })
            for stream in whole.openStreams {
                let answers = (0..<2).map { _ in whole.respond(to: stream, with: .success([1])) }
                #expect(answers[0] != nil && answers[1] == nil)
            }
            calls += actions.count { if case .call = $0 { true } else { false } }
            refusals += actions.count { if case .send = $0 { true } else { false } }
        }
        #expect(calls > 0 && refusals > 0)
    }

    @Test(arguments: 0..<4) func `a client takes each call's answer once and nothing for what it never called`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(state: seed &+ 200)
        var answered = 0
        for round in 0..<Self.rounds {
            var client = ClientConnection(maximumPayload: Self.limit)
            var server = ServerConnection()
            var bytes: [UInt8] = []
            for index in 0..<4 {
                let call = try client.call(Request(service: "s", method: "m", payload: []))
                _ = feed(&server, [call.bytes])
                let size = Int.random(in: 0...(Self.limit + 20), using: &random)
                let response: Response =
                    index == 1 ? .failure(Status(.notFound, "gone")) : .success([UInt8](repeating: 1, count: size))
                bytes += server.respond(to: call.stream, with: response) ?? []
            }
            bytes = MessageMutation.of(bytes, using: &random)
            var streams: [UInt32] = []
            for chunk in cut(bytes, &random) {
                chunk.withUnsafeBytes { client.receive($0) }
                while let answer = client.nextAnswer() { streams.append(answer.stream) }
            }
            #expect(Set(streams).count == streams.count, "seed \(seed), round \(round)")
            #expect(Set(streams).isSubset(of: [1, 3, 5, 7]), "seed \(seed), round \(round)")
            #expect(Set(client.close() + streams) == [1, 3, 5, 7], "seed \(seed), round \(round)")
            answered += streams.count
        }
        #expect(answered > 0 && answered < 4 * Self.rounds)
    }

    private func feed(_ server: inout ServerConnection, _ chunks: [[UInt8]]) -> [ServerConnection.Action] {
        var actions: [ServerConnection.Action] = []
        for chunk in chunks {
            chunk.withUnsafeBytes { server.receive($0) }
            while let action = server.nextAction() { actions.append(action) }
        }
        return actions
    }

    /// Whole frames that are neither request nor data have no answer. As containerd's ttrpc has it, oversized ones have
    /// one whatever they are.
    private static func streamToAnswer(_ element: FrameReader.Element) -> UInt32? {
        switch element {
        case .frame(let frame):
            frame.header.type == .request || frame.header.type == .data ? frame.header.stream : nil
        case .oversized(let header): header.stream
        }
    }

    /// The stream that an action is about; a refusal must be one whole frame with a status.
    private func stream(of action: ServerConnection.Action) throws -> UInt32 {
        switch action {
        case .call(let stream, _), .data(let stream, _, _): return stream
        case .send(let bytes):
            let header = bytes.withUnsafeBytes { FrameHeader(reading: $0) }
            #expect(header.type == .response && Int(header.length) == bytes.count - FrameHeader.size)
            let response = try Array(bytes.dropFirst(FrameHeader.size)).withUnsafeBytes { try Response(reading: $0) }
            guard case .failure(let status) = response else {
                Issue.record("a refusal without a status")
                return header.stream
            }
            #expect(status.code != .ok && !status.message.isEmpty)
            return header.stream
        }
    }
}
