package import ContainerdAPI
internal import ContainerdTypes
package import GRPCCore
internal import ImageSpec
package import Model
package import SwiftProtobuf
internal import Wire

/// Whole images in, in one request. `containerd.services.transfer.v1`.
package struct TransferService: Containerd_Services_Transfer_V1_Transfer.ServiceProtocol {
    private let transfers: any ImageTransfer
    private let streams: StreamTable
    private let defaultSnapshotter: String

    /// An import stream of this media type is a tar of a root file system; containerd has no such type.
    static let rootfsMediaType = "application/vnd.berth.rootfs.tar"

    package init(transfers: any ImageTransfer, streams: StreamTable, defaultSnapshotter: String) {
        self.transfers = transfers
        self.streams = streams
        self.defaultSnapshotter = defaultSnapshotter
    }

    package func transfer(
        request: ServerRequest<Containerd_Services_Transfer_V1_TransferRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let namespace = try request.metadata.namespace()
        let message = request.message
        try await untilClientIsLost { try await transfer(message, namespace) }
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    private func transfer(
        _ message: Containerd_Services_Transfer_V1_TransferRequest, _ namespace: String
    ) async throws {
        let source = message.source
        guard let destination = try? Containerd_Types_Transfer_ImageStore(unpackingAny: message.destination) else {
            throw Self.unsupported(source.typeURL, message.destination.typeURL)
        }
        try await reporting(to: message.options.progressStream, namespace) { report in
            if let registry = try? Containerd_Types_Transfer_OCIRegistry(unpackingAny: source) {
                try await pull(registry, into: destination, namespace, report)
            } else if let archive = try? Containerd_Types_Transfer_ImageImportStream(unpackingAny: source) {
                try await load(archive, into: destination, namespace, report)
            } else {
                throw Self.unsupported(source.typeURL, message.destination.typeURL)
            }
        }
    }

    private static func unsupported(_ source: String, _ destination: String) -> Failure {
        Failure(.unimplemented, "transfer from \"\(source)\" to \"\(destination)\": not offered")
    }

    // MARK: Progress

    /// Runs `body`; what it reports goes to the client's progress stream, the oldest dropped when it reads slowly.
    private func reporting(
        to id: String, _ namespace: String,
        _ body: (@escaping @Sendable (TransferProgress) -> Void) async throws -> Void
    ) async throws {
        guard !id.isEmpty else { return try await body { _ in } }
        let stream = try await streams.find(id, namespace: namespace)
        let (steps, report) = AsyncStream.makeStream(of: TransferProgress.self, bufferingPolicy: .bufferingNewest(256))
        let reporter = Task {
            for await step in steps { try? await stream.send(Self.wire(step)) }
        }
        do {
            try await body { report.yield($0) }
            report.finish()
            await reporter.value
            await stream.close()
        } catch {
            report.finish()
            await reporter.value
            await stream.close()
            throw error
        }
    }

    private static func wire(_ step: TransferProgress) -> Containerd_Types_Transfer_Progress {
        .with {
            $0.event = step.event
            $0.name = step.name
            $0.progress = step.done
            $0.total = step.total
            if let descriptor = step.descriptor { $0.desc = descriptor.wire }
        }
    }

    // MARK: Pull

    private func pull(
        _ registry: Containerd_Types_Transfer_OCIRegistry, into store: Containerd_Types_Transfer_ImageStore,
        _ namespace: String, _ report: @escaping @Sendable (TransferProgress) -> Void
    ) async throws {
        var access = RegistryAccess(headers: registry.resolver.headers)
        access.scheme = registry.resolver.defaultScheme.isEmpty ? nil : registry.resolver.defaultScheme
        if !registry.resolver.authStream.isEmpty {
            try await authenticate(&access, registry, namespace)
        }
        let request = PullRequest(
            reference: registry.reference, name: store.name.isEmpty ? nil : store.name, labels: store.labels,
            platforms: Self.platforms(store), unpack: snapshotters(store), access: access)
        _ = try await transfers.pull(request, namespace: namespace, progress: report)
    }

    /// Asks the client for credentials over the stream it named.
    private func authenticate(
        _ access: inout RegistryAccess, _ registry: Containerd_Types_Transfer_OCIRegistry, _ namespace: String
    ) async throws {
        let stream = try await streams.find(registry.resolver.authStream, namespace: namespace)
        let host = Reference(registry.reference)?.host ?? ""
        try await stream.send(
            Containerd_Types_Transfer_AuthRequest.with {
                $0.host = host
                $0.reference = registry.reference
            })
        let answer = try await stream.next()
        await stream.close()
        guard let answer, let credentials = try? Containerd_Types_Transfer_AuthResponse(unpackingAny: answer) else {
            return
        }
        guard credentials.authType == .credentials else { return }
        access.username = credentials.username
        access.secret = credentials.secret
    }

    // MARK: Import

    private func load(
        _ archive: Containerd_Types_Transfer_ImageImportStream, into store: Containerd_Types_Transfer_ImageStore,
        _ namespace: String, _ report: @escaping @Sendable (TransferProgress) -> Void
    ) async throws {
        let stream = try await streams.find(archive.stream, namespace: namespace)
        let isRootfs = archive.mediaType == Self.rootfsMediaType
        guard !isRootfs || !store.name.isEmpty else {
            await stream.close()
            throw Failure.invalid("import: a root file system needs a name for its image")
        }
        let name = store.name.isEmpty ? nil : store.name
        let request = LoadRequest(
            baseName: isRootfs ? nil : name, rootfsName: isRootfs ? name : nil, labels: store.labels,
            platforms: Self.platforms(store),
            allPlatforms: store.platforms.isEmpty && !isRootfs && store.unpacks.isEmpty,
            unpack: snapshotters(store))
        do {
            _ = try await transfers.load(
                request, from: ImportedBytes(stream: stream), namespace: namespace, progress: report)
            await stream.close()
        } catch {
            await stream.close()
            throw error
        }
    }

    private static func platforms(_ store: Containerd_Types_Transfer_ImageStore) -> [Platform] {
        store.platforms.map {
            Platform(architecture: $0.architecture, os: $0.os, variant: $0.variant.isEmpty ? nil : $0.variant)
        }
    }

    private func snapshotters(_ store: Containerd_Types_Transfer_ImageStore) -> [String] {
        var names: [String] = []
        for unpack in store.unpacks {
            let name = unpack.snapshotter.isEmpty ? defaultSnapshotter : SnapshotterName.canonical(unpack.snapshotter)
            if !names.contains(name) { names.append(name) }
        }
        return names
    }
}

/// The bytes that a client sends over a stream, as `containerd.types.transfer.Data`.
private struct ImportedBytes: AsyncSequence, Sendable {
    let stream: ClientStream

    struct AsyncIterator: AsyncIteratorProtocol {
        let stream: ClientStream

        mutating func next() async throws -> [UInt8]? {
            guard let message = try await stream.next() else { return nil }
            guard let data = try? Containerd_Types_Transfer_Data(unpackingAny: message) else {
                throw Model.Failure.invalid("import: a message on the stream is not data")
            }
            return [UInt8](data.data)
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(stream: stream)
    }
}
