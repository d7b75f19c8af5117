internal import ContainerdAPI
internal import ContainerdTypes
internal import FoundationEssentials
internal import GRPCCore
package import ImageSpec
package import Model
internal import SwiftProtobuf
internal import Synchronization
internal import Wire

/// Media types of import streams that containerd does not know.
package enum ImportMediaType {
    /// A tar of a root file system, to become an image of one layer.
    package static let rootfs = "application/vnd.berth.rootfs.tar"
}

extension Client {
    private var transfers: Containerd_Services_Transfer_V1_Transfer.Client<Transport> { .init(wrapping: grpc) }
    private var streams: Containerd_Services_Streaming_V1_Streaming.Client<Transport> { .init(wrapping: grpc) }

    package func pull(
        _ reference: String, platforms: [Platform], snapshotter: String, access: RegistryAccess,
        progress: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(Failure) {
        var source = Containerd_Types_Transfer_OCIRegistry()
        source.reference = Reference(familiar: reference)?.description ?? reference
        source.resolver.headers = access.headers
        source.resolver.defaultScheme = access.scheme ?? ""
        let destination = store(source.reference, platforms: platforms, snapshotter: snapshotter)
        let authentication = access.username.map { (username: $0, secret: access.secret ?? "") }
        try await call {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let authentication {
                    let stream = Self.newStream("auth")
                    source.resolver.authStream = stream
                    group.addTask { try await answer(stream, authentication) }
                }
                try await transfer(.with(source), destination, progress, &group)
            }
        }
    }

    /// - Parameters:
    ///   - rootfs: nil for an archive of images; else the bytes are a root file system, to become an image of this name.
    ///   - produce: writes the bytes, in order.
    package func load(
        rootfs: String?, baseName: String?, platforms: [Platform], snapshotter: String,
        progress: @escaping @Sendable (TransferProgress) -> Void,
        produce: @escaping @Sendable (_ write: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws(Failure) {
        let stream = Self.newStream("import")
        let source = Containerd_Types_Transfer_ImageImportStream.with {
            $0.stream = stream
            $0.mediaType = rootfs == nil ? "" : ImportMediaType.rootfs
        }
        let destination = store(rootfs ?? baseName ?? "", platforms: platforms, snapshotter: snapshotter)
        // A stream whose producer throws is reset, and the reset is all that the call tells of.
        let cause = Cause()
        try await call {
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let (opened, open) = AsyncStream.makeStream(of: Void.self)
                    group.addTask {
                        try await send(stream, open) { write async throws in
                            do { try await produce(write) } catch {
                                if !Task.isCancelled { cause.error.withLock { $0 = error } }
                                throw error
                            }
                        }
                    }
                    try await Self.wait(for: opened, &group)
                    try await transfer(.with(source), destination, progress, &group)
                }
            } catch {
                throw cause.error.withLock { $0 } ?? error
            }
        }
    }

    // MARK: Streams

    private static func newStream(_ purpose: String) -> String {
        "\(purpose)-\(UInt64.random(in: 0...UInt64.max))"
    }

    /// Returns when the stream that one of the tasks has in hand is open; throws what kept it from opening.
    private static func wait(
        for opened: AsyncStream<Void>, _ tasks: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        for await _ in opened { return }
        try await tasks.waitForAll()
        throw Failure(.unavailable, "the supervisor closed a stream before it was open")
    }

    private func store(
        _ name: String, platforms: [Platform], snapshotter: String
    ) -> Containerd_Types_Transfer_ImageStore {
        .with {
            $0.name = name
            $0.platforms = platforms.map(\.wire)
            $0.unpacks = (platforms.isEmpty ? [.host] : platforms).map { platform in
                .with {
                    $0.platform = platform.wire
                    $0.snapshotter = snapshotter
                }
            }
        }
    }

    private func transfer(
        _ source: Google_Protobuf_Any, _ destination: Containerd_Types_Transfer_ImageStore,
        _ progress: @escaping @Sendable (TransferProgress) -> Void, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        let stream = Self.newStream("progress")
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        group.addTask { try await receive(stream, open, progress) }
        try await Self.wait(for: opened, &group)
        let request = Containerd_Services_Transfer_V1_TransferRequest.with {
            $0.source = source
            $0.destination = .with(destination)
            $0.options.progressStream = stream
        }
        _ = try await transfers.transfer(request, metadata: metadata)
        group.cancelAll()
    }

    /// Opens `stream`, says so once the supervisor has acknowledged it, and reports what arrives.
    private func receive(
        _ stream: String, _ open: AsyncStream<Void>.Continuation,
        _ progress: @escaping @Sendable (TransferProgress) -> Void
    ) async throws {
        defer { open.finish() }
        let (held, hold) = AsyncStream.makeStream(of: Void.self)
        try await streams.stream(metadata: metadata) { writer in
            try await writer.write(.with(Containerd_Services_Streaming_V1_StreamInit.with { $0.id = stream }))
            // The stream lives until its reader has seen its end.
            for await _ in held {}
        } onResponse: { response in
            defer { hold.finish() }
            for try await message in response.messages {
                open.yield()
                guard let step = try? Containerd_Types_Transfer_Progress(unpackingAny: message) else { continue }
                progress(
                    TransferProgress(
                        event: step.event, name: step.name, done: step.progress, total: step.total,
                        descriptor: step.hasDesc ? try? Descriptor(checking: step.desc) : nil))
            }
        }
    }

    private func send(
        _ stream: String, _ open: AsyncStream<Void>.Continuation,
        _ produce: @escaping @Sendable (_ write: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws {
        let (acknowledged, acknowledge) = AsyncStream.makeStream(of: Void.self)
        defer { open.finish() }
        try await streams.stream(metadata: metadata) { writer in
            try await writer.write(.with(Containerd_Services_Streaming_V1_StreamInit.with { $0.id = stream }))
            for await _ in acknowledged { break }
            open.yield()
            try await produce { bytes in
                try await writer.write(.with(Containerd_Types_Transfer_Data.with { $0.data = Data(bytes) }))
            }
        } onResponse: { response in
            defer { acknowledge.finish() }
            for try await _ in response.messages { acknowledge.yield() }
        }
    }

    /// Answers the supervisor's question for credentials.
    private func answer(_ stream: String, _ credentials: (username: String, secret: String)) async throws {
        let (questions, ask) = AsyncStream.makeStream(of: Void.self)
        try await streams.stream(metadata: metadata) { writer in
            try await writer.write(.with(Containerd_Services_Streaming_V1_StreamInit.with { $0.id = stream }))
            for await _ in questions {
                try await writer.write(
                    .with(
                        Containerd_Types_Transfer_AuthResponse.with {
                            $0.authType = .credentials
                            $0.username = credentials.username
                            $0.secret = credentials.secret
                        }))
            }
        } onResponse: { response in
            defer { ask.finish() }
            for try await message in response.messages
            where message.isA(Containerd_Types_Transfer_AuthRequest.self) { ask.yield() }
        }
    }
}

/// What made a producer of bytes stop.
private final class Cause: Sendable {
    let error = Mutex<(any Error)?>(nil)
}

extension Google_Protobuf_Any {
    /// Typed as containerd types its own messages: by the full name alone.
    fileprivate static func with(_ message: some SwiftProtobuf.Message) -> Google_Protobuf_Any {
        .with {
            $0.typeURL = type(of: message).protoMessageName
            $0.value = (try? message.serializedBytes()) ?? Data()
        }
    }
}

extension Platform {
    fileprivate var wire: Containerd_Types_Platform {
        .with {
            $0.os = os
            $0.architecture = architecture
            $0.variant = variant ?? ""
        }
    }
}
