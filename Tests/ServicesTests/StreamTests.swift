import ContainerdAPI
import ContainerdTypes
import Foundation
import GRPCCore
import ImageSpec
import Model
import Services
import SwiftProtobuf
import Synchronization
import TestKit
import Testing

/// Clients that go, or want no more, while a call waits for something that never comes.
struct StreamTests {
    /// Runs `body` as a call and cancels it once `isUnderWay`.
    private func lose(
        _ body: @escaping @Sendable (ServerContext) async throws -> Void, once isUnderWay: () async -> Bool
    ) async -> (any Error)? {
        await withServerContextRPCCancellationHandle { cancellation in
            let context = ServerContext(
                descriptor: MethodDescriptor(fullyQualifiedService: "test", method: "Test"), remotePeer: "in-process:1",
                localPeer: "in-process:2", cancellation: cancellation)
            async let outcome: (any Error)? = {
                do {
                    try await body(context)
                    return nil
                } catch {
                    return error
                }
            }()
            #expect(await eventually(isUnderWay))
            cancellation.cancel()
            return await outcome
        }
    }

    private struct SilentSource: EventSource {
        let listeners = Counter()

        func subscribe(filters: [String]) throws(Failure) -> AsyncThrowingStream<EventEnvelope, any Error> {
            let (stream, continuation) = AsyncThrowingStream.makeStream(of: EventEnvelope.self)
            listeners.change(by: 1)
            continuation.onTermination = { _ in listeners.change(by: -1) }
            return stream
        }
    }

    private final class Counter: Sendable {
        private let state = Mutex(0)

        var value: Int { state.withLock { $0 } }

        func change(by amount: Int) {
            state.withLock { $0 += amount }
        }
    }

    @Test func `a subscriber that goes while nothing happens is forgotten`() async throws {
        let source = SilentSource()
        let service = EventsService(sink: EventRecorder(), source: source)
        let error = await lose { context in
            let response = try await service.subscribe(
                request: ServerRequest(metadata: metadata(), message: .init()), context: context)
            _ = try await messages(of: response)
        } once: {
            source.listeners.value == 1
        }
        // It may still be there: then it is to come again, when a supervisor serves.
        #expect((error as? Failure)?.code == .unavailable)
        #expect(source.listeners.value == 0)
    }

    // MARK: Streams

    /// Opens a stream of the name `id`, whose client says nothing more, and loses it `once` something is so.
    private func loseStream(
        _ table: StreamTable, _ id: String, saysMore: Bool, once isUnderWay: @escaping () async -> Bool
    ) async throws -> [Google_Protobuf_Any] {
        let service = StreamingService(streams: table)
        let answers = Collected<Google_Protobuf_Any>()
        var opening = Google_Protobuf_Any()
        opening.typeURL = "containerd.services.streaming.v1.StreamInit"
        opening.value = try Containerd_Services_Streaming_V1_StreamInit.with { $0.id = id }.serializedBytes()
        let (requests, client) = AsyncThrowingStream.makeStream(of: Google_Protobuf_Any.self)
        client.yield(opening)
        if !saysMore { client.finish() }
        _ = await lose { context in
            let response = try await service.stream(
                request: StreamingServerRequest(metadata: metadata(), messages: RPCAsyncSequence(wrapping: requests)),
                context: context)
            _ = try await response.accepted.get().producer(RPCWriter(wrapping: answers))
        } once: {
            guard answers.all.count == 1, await isUnderWay() else { return false }
            client.finish()
            return true
        }
        return answers.all
    }

    @Test func `a stream whose client has said all and goes is forgotten`() async throws {
        let table = StreamTable()
        for _ in 0..<3 {
            // The name is free again each time.
            #expect(try await loseStream(table, "s", saysMore: false) { true }.count == 1)
        }
    }

    /// Takes what is imported, to its end.
    private struct PatientTransfer: ImageTransfer {
        let begun = Counter()

        func pull(
            _ request: PullRequest, namespace: String, progress: @escaping @Sendable (TransferProgress) -> Void
        ) async throws(Failure) -> ImageRecord { throw Failure(.unimplemented, "pull") }

        func load(
            _ request: LoadRequest, from bytes: any AsyncSequence<[UInt8], any Error> & Sendable, namespace: String,
            progress: @escaping @Sendable (TransferProgress) -> Void
        ) async throws(Failure) -> [ImageRecord] {
            begun.change(by: 1)
            do {
                for try await _ in bytes {}
            } catch {
                throw Failure(.cancelled, "the client stopped")
            }
            return []
        }

        func unpack(
            _ image: ImageRecord, platform: Platform?, snapshotter: String, namespace: String
        ) async throws(Failure) -> String { "" }
    }

    @Test func `a transfer that is given up does not wait for a stream that stays open`() async throws {
        let table = StreamTable()
        let transfer = PatientTransfer()
        let service = TransferService(transfers: transfer, streams: table, defaultSnapshotter: "overlayfs")
        let message = try Containerd_Services_Transfer_V1_TransferRequest.with {
            $0.source = try packed(
                Containerd_Types_Transfer_ImageImportStream.with { $0.stream = "s" })
            $0.destination = try packed(Containerd_Types_Transfer_ImageStore.with { $0.name = "image" })
        }
        _ = try await loseStream(table, "s", saysMore: true) {
            let error = await lose { context in
                _ = try await service.transfer(
                    request: ServerRequest(metadata: metadata(), message: message), context: context)
            } once: {
                transfer.begun.value == 1
            }
            return (error as? Failure)?.code == .cancelled
        }
    }

    private func packed(_ message: some SwiftProtobuf.Message) throws -> Google_Protobuf_Any {
        var packed = Google_Protobuf_Any()
        packed.typeURL = type(of: message).protoMessageName
        packed.value = try message.serializedBytes()
        return packed
    }
}
