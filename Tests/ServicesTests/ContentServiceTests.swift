import ContainerdAPI
import Foundation
import GRPCCore
import ImageSpec
import Model
import Services
import SwiftProtobuf
import Synchronization
import Testing

struct ContentServiceTests {
    typealias WriteRequest = Containerd_Services_Content_V1_WriteContentRequest
    typealias WriteResponse = Containerd_Services_Content_V1_WriteContentResponse

    let store = MemoryContent()

    private var service: ContentService { ContentService(content: store, collector: NoCollector()) }

    private func write(_ requests: [WriteRequest]) async throws -> [WriteResponse] {
        let stream = AsyncThrowingStream<WriteRequest, any Error> { continuation in
            for request in requests { continuation.yield(request) }
            continuation.finish()
        }
        return try await context { context in
            let response = try await service.write(
                request: StreamingServerRequest(metadata: metadata(), messages: RPCAsyncSequence(wrapping: stream)),
                context: context)
            return try await messages(of: response)
        }
    }

    private func request(
        _ action: Containerd_Services_Content_V1_WriteAction, at offset: Int64 = 0, _ text: String = "",
        total: Int64 = 0,
        expected: String = ""
    ) -> WriteRequest {
        .with {
            $0.action = action
            $0.ref = "layer-1"
            $0.offset = offset
            $0.data = Data(text.utf8)
            $0.total = total
            $0.expected = expected
        }
    }

    @Test func `a blob is written in pieces and committed with its digest`() async throws {
        let responses = try await write([
            request(.stat), request(.write, "abc"), request(.write, at: 3, "def"), request(.commit, at: 6, total: 6),
        ])
        #expect(responses.map(\.offset) == [0, 3, 6, 6])
        #expect(responses.map(\.action) == [.stat, .write, .write, .commit])
        #expect(responses.last?.digest == MemoryContent.given.description)
        #expect(store.state.withLock { $0.blobs[MemoryContent.given] } == Array("abcdef".utf8))
    }

    @Test func `the last bytes may come with the commit`() async throws {
        let responses = try await write([request(.write, "abc"), request(.commit, at: 3, "def", total: 6)])
        #expect(responses.last?.offset == 6)
        #expect(store.state.withLock { $0.blobs[MemoryContent.given] } == Array("abcdef".utf8))
    }

    @Test func `a write at another offset than the current one is out of range`() async {
        #expect(
            await failure { _ = try await write([request(.write, "abc"), request(.write, at: 2, "x")]) } == .outOfRange)
    }

    @Test func `a write at 0 begins anew`() async throws {
        let responses = try await write([
            request(.write, "abc"), request(.write, "xy"), request(.commit, at: 2, total: 2),
        ])
        #expect(responses.map(\.offset) == [3, 2, 2])
        #expect(store.state.withLock { $0.blobs[MemoryContent.given] } == Array("xy".utf8))
    }

    @Test func `a stream that ends without a commit keeps what it wrote, and the next one resumes there`() async throws
    {
        _ = try await write([request(.write, "abc")])
        let responses = try await write([request(.stat), request(.write, at: 3, "d")])
        #expect(responses.map(\.offset) == [3, 4])
    }

    @Test func `an ingest is let go of after an error`() async throws {
        #expect(await failure { _ = try await write([request(.write, at: 9, "x")]) } == .outOfRange)
        #expect(try await write([request(.stat)]).count == 1)
    }

    @Test func `the first message must name the ingest`() async {
        #expect(await failure { _ = try await write([WriteRequest()]) } == .invalidArgument)
    }

    @Test func `a total that changes is refused`() async {
        let code = await failure {
            _ = try await write([request(.write, "abc", total: 3), request(.commit, at: 3, total: 4)])
        }
        #expect(code == .failedPrecondition)
    }

    @Test func `a malformed digest is refused`() async {
        #expect(await failure { _ = try await write([request(.stat, expected: "sha256:xyz")]) } == .invalidArgument)
    }

    @Test func `a large blob is read in chunks that join to the whole`() async throws {
        let bytes = (0..<(3 << 20) + 17).map { UInt8(truncatingIfNeeded: $0) }
        store.state.withLock { $0.blobs[MemoryContent.given] = bytes }
        let parts = try await read(offset: 0, size: 0)
        #expect(parts.count == 4)
        #expect(parts.map(\.offset) == [0, 1 << 20, 2 << 20, 3 << 20])
        #expect(parts.flatMap { [UInt8]($0.data) } == bytes)
    }

    @Test func `a range is read as asked`() async throws {
        store.state.withLock { $0.blobs[MemoryContent.given] = Array("abcdef".utf8) }
        #expect(try await read(offset: 2, size: 3).map { String(decoding: $0.data, as: UTF8.self) } == ["cde"])
    }

    @Test(arguments: [(4, 100, "ef"), (0, .max, "abcdef"), (6, 1, ""), (3, -1, "def")] as [(Int64, Int64, String)])
    func `more than there is can be asked for`(offset: Int64, size: Int64, expected: String) async throws {
        store.state.withLock { $0.blobs[MemoryContent.given] = Array("abcdef".utf8) }
        let parts = try await read(offset: offset, size: size)
        #expect(parts.map { String(decoding: $0.data, as: UTF8.self) }.joined() == expected)
    }

    @Test(arguments: [(7, 0), (7, 1), (-1, 0), (.min, 1), (.max, .max)] as [(Int64, Int64)])
    func `a range that begins outside the blob is out of range`(offset: Int64, size: Int64) async {
        store.state.withLock { $0.blobs[MemoryContent.given] = Array("abcdef".utf8) }
        #expect(await failure { _ = try await read(offset: offset, size: size) } == .outOfRange)
    }

    private func read(
        offset: Int64, size: Int64
    ) async throws -> [Containerd_Services_Content_V1_ReadContentResponse] {
        let message = Containerd_Services_Content_V1_ReadContentRequest.with {
            $0.digest = MemoryContent.given.description
            $0.offset = offset
            $0.size = size
        }
        return try await context { context in
            let response = try await service.read(
                request: ServerRequest(metadata: metadata(), message: message), context: context)
            return try await messages(of: response)
        }
    }
}
