internal import ImageSpec
internal import Model
internal import Registry

/// Resolve, fetch, unpack, name: in this order, with layers fetched side by side and unpacked as they arrive.
struct PullPipeline: Sendable {
    let content: any ContentStore
    let fetcher: Fetcher
    let unpackers: [Unpacker]
    let request: PullRequest
    let scope: Scope

    /// How many blobs travel at once.
    private static let parallelFetches = 3

    /// - Returns: the descriptor that the image's name is to point to.
    func run() async throws(Failure) -> Descriptor {
        let choice = PlatformChoice(request.platforms)
        fetcher.progress(TransferProgress(event: "resolving", name: request.reference))
        let (resolved, document) = try await fetcher.session.resolve()
        let target = try Self.typed(resolved, document)
        var seen: Set<Digest> = []
        let manifests = try await gather(target, document: document, choice, depth: 0, seen: &seen)
        for descriptor in manifests {
            try await pull(descriptor, choice)
        }
        return target
    }

    /// A registry that names no media type leaves it to the document.
    private static func typed(_ descriptor: Descriptor, _ document: [UInt8]) throws(Failure) -> Descriptor {
        guard !MediaType.isIndex(descriptor.mediaType), !MediaType.isManifest(descriptor.mediaType) else {
            return descriptor
        }
        let shape = try ImageDocuments.decode(DocumentShape.self, document, descriptor)
        var typed = descriptor
        typed.mediaType = shape.mediaType ?? (shape.hasManifests ? MediaType.index : MediaType.manifest)
        guard MediaType.isIndex(typed.mediaType) || MediaType.isManifest(typed.mediaType) else {
            throw .invalid("content \"\(descriptor.digest)\": \(typed.mediaType) is neither a manifest nor an index")
        }
        return typed
    }

    /// More manifests and indexes than this no image has.
    private static let maximumDocuments = 4096

    /// Stores the documents from `target` down to the wanted manifests, each once, however often it is listed: what an
    /// index makes us fetch is bounded (CVE-2026-53493).
    private func gather(
        _ target: Descriptor, document: [UInt8], _ choice: PlatformChoice, depth: Int, seen: inout Set<Digest>
    ) async throws(Failure) -> [Descriptor] {
        guard MediaType.isIndex(target.mediaType) else {
            let manifest = try ImageDocuments.manifest(document, target)
            try await content.store(
                document, as: target, labels: ImageGraph.referenceLabels(of: manifest), in: scope)
            return [target]
        }
        guard depth < ImageDocuments.maximumDepth else {
            throw .invalid("image \"\(request.reference)\": indexes nested deeper than \(ImageDocuments.maximumDepth)")
        }
        let index = try ImageDocuments.index(document, target)
        try await content.store(document, as: target, labels: ImageGraph.referenceLabels(of: index), in: scope)
        var manifests: [Descriptor] = []
        for child in try choice.select(from: index.manifests, image: request.reference) {
            guard child.size <= ImageDocuments.maximumSize else {
                throw Failure(.resourceExhausted, "content \"\(child.digest)\": a manifest of \(child.size) bytes")
            }
            guard seen.insert(child.digest).inserted else { continue }
            guard seen.count <= Self.maximumDocuments else {
                throw .invalid(
                    "image \"\(request.reference)\": more than \(Self.maximumDocuments) manifests and indexes")
            }
            try await fetcher.fetch(child, in: scope)
            let bytes = try await ImageDocuments(content: content).document(child, in: scope)
            manifests += try await gather(child, document: bytes, choice, depth: depth + 1, seen: &seen)
        }
        return manifests
    }

    private func pull(_ descriptor: Descriptor, _ choice: PlatformChoice) async throws(Failure) {
        let documents = ImageDocuments(content: content)
        let manifest = try await documents.manifest(descriptor, in: scope)
        try await fetcher.fetch(manifest.config, in: scope)
        if MediaType.isConfiguration(manifest.config.mediaType) {
            try choice.check(
                try await documents.configuration(manifest.config, of: request.reference, in: scope),
                image: request.reference)
        }
        let arrivals = Arrivals()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await fetchLayers(manifest.layers, arrivals) }
                group.addTask { try await unpack(manifest, arrivals) }
                do {
                    while try await group.next() != nil {}
                } catch {
                    group.cancelAll()
                    await arrivals.fail(Failure.wrapping(error))
                    throw error
                }
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    private func fetchLayers(_ layers: [Descriptor], _ arrivals: Arrivals) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, layer) in Self.distinct(layers).enumerated() {
                if number >= Self.parallelFetches { try await group.next() }
                group.addTask {
                    try await fetcher.fetch(layer, in: scope)
                    await arrivals.arrived(layer.digest)
                }
            }
            try await group.waitForAll()
        }
    }

    /// An image may list one layer twice; one fetch serves both.
    private static func distinct(_ layers: [Descriptor]) -> [Descriptor] {
        var seen: Set<Digest> = []
        return layers.filter { seen.insert($0.digest).inserted }
    }

    private func unpack(_ manifest: Manifest, _ arrivals: Arrivals) async throws(Failure) {
        guard !unpackers.isEmpty else { return }
        let configuration = try await ImageDocuments(content: content).configuration(
            manifest.config, of: request.reference, in: scope)
        for unpacker in unpackers {
            _ = try await unpacker.unpack(manifest, configuration, image: request.reference, in: scope) {
                layer async throws(Failure) in try await arrivals.wait(for: layer.digest)
            }
        }
    }
}

extension Failure {
    static func wrapping(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case is CancellationError: Failure(.cancelled, "cancelled")
        default: Failure(.unknown, "\(error)", cause: error)
        }
    }
}
