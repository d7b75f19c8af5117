internal import ImageSpec
internal import Model

/// Makes an image of one layer from a tar of a root file system.
struct RootfsPipeline: Sendable {
    let content: any ContentStore
    let differ: any Differ
    let snapshotter: any Snapshotter
    let scope: Scope
    let progress: @Sendable (TransferProgress) -> Void

    private static let chunk = 1 << 20

    /// The layer is unpacked on the way, for that tells its diff ID.
    func run(_ spool: consuming Spool, image: String, platform: Platform) async throws(Failure) -> Descriptor {
        let layer = try await store(spool, image: image)
        // What unpacking needs may be the room that the tar takes.
        _ = consume spool
        let diffID = try await unpack(layer)
        let configuration = ImageConfiguration(
            platform: platform,
            config: .init(
                environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], command: ["/bin/sh"]
            ),
            diffIDs: [diffID])
        let config = try await document(
            try ImageDocuments.encode(configuration), MediaType.configuration,
            labels: ["containerd.io/gc.ref.snapshot.\(snapshotter.name)": diffID.description])
        let manifest = Manifest(config: config, layers: [layer])
        return try await document(
            try ImageDocuments.encode(manifest), MediaType.manifest, labels: ImageGraph.referenceLabels(of: manifest))
    }

    private func document(
        _ bytes: [UInt8], _ mediaType: String, labels: [String: String]
    ) async throws(Failure) -> Descriptor {
        let descriptor = Descriptor(mediaType: mediaType, digest: .sha256(of: bytes), size: Int64(bytes.count))
        try await content.store(bytes, as: descriptor, labels: labels, in: scope)
        return descriptor
    }

    private func store(_ spool: borrowing Spool, image: String) async throws(Failure) -> Descriptor {
        let reference = "rootfs-\(UInt64.random(in: 0...UInt64.max))"
        let mediaType = Self.mediaType(spool.head(8))
        let writer = try await content.openWriter(reference, total: spool.size, expected: nil, in: scope)
        do throws(Failure) {
            var offset: Int64 = 0
            while offset < spool.size {
                let bytes = try spool.read(at: offset, count: Self.chunk)
                try await writer.append(bytes)
                offset += Int64(bytes.count)
                progress(TransferProgress(event: "importing", name: image, done: offset, total: spool.size))
            }
            let digest = try await writer.commitUnlessThere(size: spool.size, expected: nil)
            return Descriptor(mediaType: mediaType, digest: digest, size: spool.size)
        } catch {
            await writer.close()
            try? await content.abort(reference, in: scope)
            throw error
        }
    }

    private static func mediaType(_ head: [UInt8]) -> String {
        if head.starts(with: [0x1f, 0x8b]) { return MediaType.layerGzip }
        if head.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return MediaType.layerZstd }
        return MediaType.layer
    }

    private func unpack(_ layer: Descriptor) async throws(Failure) -> Digest {
        progress(TransferProgress(event: "extracting", name: layer.digest.description, total: layer.size))
        let key = "extract-\(UInt64.random(in: 0...UInt64.max)) \(layer.digest)"
        let mounts = try await snapshotter.prepare(key, parent: "", labels: [:], in: scope)
        do throws(Failure) {
            let diffID = try await differ.apply(layer, onto: mounts, sync: false, in: scope).digest
            do throws(Failure) {
                try await snapshotter.commit(diffID.description, key: key, labels: [:], in: scope)
            } catch  where error.code == .alreadyExists {
                try await snapshotter.remove(key, in: scope)
            }
            try await content.label(layer.digest, ["containerd.io/uncompressed": diffID.description], in: scope)
            return diffID
        } catch {
            try? await snapshotter.remove(key, in: scope)
            throw error
        }
    }
}
