package import ImageSpec
package import Model
package import Registry

/// `ImageTransfer` over this machine's stores.
package struct LocalImageTransfer: ImageTransfer {
    private let content: any ContentStore
    private let images: any ImageStore
    private let leases: any LeaseStore
    private let snapshotters: [String: any Snapshotter]
    private let differ: any Differ
    private let registry: RegistryClient
    private let collector: any GarbageCollector
    private let spoolDirectory: String

    /// How long a transfer may take before what it has fetched may be collected.
    private static let leaseSeconds: Int64 = 24 * 3600
    /// Says who ends a transfer's lease: this process, and the next one if this is killed.
    private static let leaseLabel = "io.berth/transfer"

    /// - Parameters:
    ///   - snapshotters: by every name that clients use for them.
    ///   - collector: takes what a transfer that failed has fetched.
    ///   - spoolDirectory: exists, on the file system that has room for images.
    package init(
        content: any ContentStore, images: any ImageStore, leases: any LeaseStore,
        snapshotters: [String: any Snapshotter], differ: any Differ, registry: RegistryClient,
        collector: any GarbageCollector,
        spoolDirectory: String
    ) {
        self.content = content
        self.images = images
        self.leases = leases
        self.snapshotters = snapshotters
        self.differ = differ
        self.registry = registry
        self.collector = collector
        self.spoolDirectory = spoolDirectory
    }

    package func pull(
        _ request: PullRequest, namespace: String, progress: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(Failure) -> ImageRecord {
        guard let reference = Reference(familiar: request.reference) else {
            throw .invalid(
                "image \"\(request.reference)\": not an image reference; expected [host/]repository[:tag][@digest]")
        }
        let unpackers = try request.unpack.map { name throws(Failure) in try unpacker(name, progress) }
        return try await leased(namespace) { scope async throws(Failure) in
            let session = await registry.session(reference, access: request.access)
            let pipeline = PullPipeline(
                content: content, fetcher: Fetcher(content: content, session: session, progress: progress),
                unpackers: unpackers, request: request, scope: scope)
            let target = try await pipeline.run()
            return try await name(request.name ?? reference.description, target, request.labels, namespace, progress)
        }
    }

    package func load(
        _ request: LoadRequest, from bytes: any AsyncSequence<[UInt8], any Error> & Sendable, namespace: String,
        progress: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(Failure) -> [ImageRecord] {
        var spool = try Spool(in: spoolDirectory)
        try await Self.fill(&spool, from: bytes)
        let lease = try await openLease(namespace)
        let scope = Scope(namespace: namespace, lease: lease)
        do throws(Failure) {
            let records = try await load(request, consume spool, scope, progress)
            await close(lease, namespace)
            return records
        } catch {
            await close(lease, namespace)
            throw error
        }
    }

    package func unpack(
        _ image: ImageRecord, platform: Platform?, snapshotter: String, namespace: String
    ) async throws(Failure) -> String {
        let unpacker = try unpacker(snapshotter) { _ in }
        return try await leased(namespace) { scope async throws(Failure) in
            let choice = PlatformChoice(platform.map { [$0] } ?? [])
            return try await unpack(image.name, image.target, [unpacker], choice, scope)
        }
    }

    // MARK: Loading

    private static func fill(
        _ spool: inout Spool, from bytes: any AsyncSequence<[UInt8], any Error> & Sendable
    ) async throws(Failure) {
        do {
            for try await chunk in bytes { try spool.append(chunk) }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.cancelled, "import: the client stopped in the middle of the archive", cause: error)
        }
    }

    private func load(
        _ request: LoadRequest, _ spool: consuming Spool, _ scope: Scope,
        _ progress: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(Failure) -> [ImageRecord] {
        let unpackers = try request.unpack.map { name throws(Failure) in try unpacker(name, progress) }
        if let image = request.rootfsName {
            guard let snapshotter = unpackers.first?.snapshotter ?? snapshotters["overlayfs"] else {
                throw .invalid("import: no snapshotter to unpack the root file system with")
            }
            let pipeline = RootfsPipeline(
                content: content, differ: differ, snapshotter: snapshotter, scope: scope, progress: progress)
            let full = Reference(familiar: image)?.description ?? image
            let platform = request.platforms.first ?? .host
            let target = try await pipeline.run(consume spool, image: full, platform: platform)
            return [try await name(full, target, request.labels, scope.namespace, progress)]
        }
        let pipeline = ArchivePipeline(content: content, request: request, scope: scope, progress: progress)
        let everything = try await pipeline.run(try ArchiveReader(descriptor: spool.descriptor))
        // What unpacking needs may be the room that the archive takes.
        _ = consume spool
        let choice = PlatformChoice(request.platforms, all: request.allPlatforms)
        let found = everything.filter { $0.target.platform.map(choice.accepts) ?? true }
        if found.isEmpty, let first = everything.first {
            throw choice.missing(
                from: everything.compactMap(\.target.platform), image: first.name ?? "\(first.target.digest)")
        }
        var records: [ImageRecord] = []
        for image in found {
            let fallback = request.baseName ?? "import-\(image.target.digest)"
            let full = image.name ?? Reference(familiar: fallback)?.description ?? fallback
            var related: Set<Digest> = []
            try await relate(image.target, full, scope, &related)
            _ = try await unpack(full, image.target, unpackers, choice, scope)
            records.append(try await name(full, image.target, request.labels, scope.namespace, progress))
        }
        return records
    }

    /// Sets the labels by which garbage collection follows an image that came without them, once for each document.
    private func relate(
        _ target: Descriptor, _ image: String, _ scope: Scope, _ related: inout Set<Digest>, depth: Int = 0
    ) async throws(Failure) {
        guard related.insert(target.digest).inserted else { return }
        let documents = ImageDocuments(content: content)
        guard depth < ImageDocuments.maximumDepth else {
            throw .invalid("image \"\(image)\": indexes nested deeper than \(ImageDocuments.maximumDepth)")
        }
        let bytes = try await documents.document(target, in: scope)
        guard MediaType.isIndex(target.mediaType) else {
            let manifest = try ImageDocuments.manifest(bytes, target)
            return try await content.label(target.digest, ImageGraph.referenceLabels(of: manifest), in: scope)
        }
        let index = try ImageDocuments.index(bytes, target)
        try await content.label(target.digest, ImageGraph.referenceLabels(of: index), in: scope)
        for child in index.manifests where (try? await content.info(child.digest, in: scope)) != nil {
            try await relate(child, image, scope, &related, depth: depth + 1)
        }
    }

    private func unpack(
        _ image: String, _ target: Descriptor, _ unpackers: [Unpacker], _ choice: PlatformChoice, _ scope: Scope
    ) async throws(Failure) -> String {
        let documents = ImageDocuments(content: content)
        let graph = ImageGraph(documents: documents, image: image)
        var top = ""
        for descriptor in try await graph.manifests(below: target, choice, in: scope) {
            let manifest = try await documents.manifest(descriptor, in: scope)
            guard MediaType.isConfiguration(manifest.config.mediaType) else { continue }
            let configuration = try await documents.configuration(manifest.config, of: image, in: scope)
            try choice.check(configuration, image: image)
            for unpacker in unpackers {
                top = try await unpacker.unpack(manifest, configuration, image: image, in: scope) { _ in }
            }
        }
        return top
    }

    // MARK: Shared steps

    private func unpacker(
        _ name: String, _ progress: @escaping @Sendable (TransferProgress) -> Void
    ) throws(Failure) -> Unpacker {
        guard let snapshotter = snapshotters[name] else {
            let known = Set(snapshotters.values.map(\.name)).sorted().joined(separator: ", ")
            throw .invalid("snapshotter \"\(name)\": not loaded (has \(known))")
        }
        return Unpacker(content: content, differ: differ, snapshotter: snapshotter, progress: progress)
    }

    /// Creates the image or moves its name to the new target.
    private func name(
        _ name: String, _ target: Descriptor, _ labels: [String: String], _ namespace: String,
        _ progress: @Sendable (TransferProgress) -> Void
    ) async throws(Failure) -> ImageRecord {
        await Failpoint.reach("images.name.before")
        let image = ImageRecord(name: name, labels: labels, target: target)
        let record: ImageRecord
        do throws(Failure) {
            record = try await images.create(image, namespace: namespace)
        } catch  where error.code == .alreadyExists {
            let paths = ["target"] + (labels.isEmpty ? [] : ["labels"])
            record = try await images.update(image, FieldUpdate(paths: paths), namespace: namespace)
        }
        progress(TransferProgress(event: "saved", name: name, descriptor: target))
        return record
    }

    /// Ends the transfers that an earlier life of the supervisor was killed in; what they had fetched is garbage then.
    /// To be called before the first transfer.
    package func endInterrupted(in namespaces: [String]) async throws(Failure) {
        for namespace in namespaces {
            for lease in try await leases.list(filters: [], namespace: namespace)
            where lease.labels[Self.leaseLabel] != nil {
                try await leases.delete(lease.id, namespace: namespace)
            }
        }
    }

    private func openLease(_ namespace: String) async throws(Failure) -> String {
        let expiry = Timestamp(seconds: Timestamp.now().seconds + Self.leaseSeconds).rfc3339
        let lease = Lease(
            id: "transfer-\(UInt64.random(in: 0...UInt64.max))",
            labels: ["containerd.io/gc.expire": expiry, Self.leaseLabel: "supervisor"])
        return try await leases.create(lease, namespace: namespace).id
    }

    private func leased<Result>(
        _ namespace: String, _ body: (Scope) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let lease = try await openLease(namespace)
        do throws(Failure) {
            let result = try await body(Scope(namespace: namespace, lease: lease))
            await close(lease, namespace)
            return result
        } catch {
            await close(lease, namespace)
            throw error
        }
    }

    /// What the lease alone has held is garbage from here on.
    private func close(_ lease: String, _ namespace: String) async {
        try? await leases.delete(lease, namespace: namespace)
        collector.schedule()
    }
}
