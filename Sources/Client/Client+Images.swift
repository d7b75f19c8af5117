internal import ContainerdAPI
internal import ContainerdTypes
internal import FoundationEssentials
internal import GRPCCore
package import ImageSpec
package import Model
internal import SwiftProtobuf
internal import Wire

/// An image as a container needs it.
package struct ResolvedImage: Sendable {
    package let record: ImageRecord
    package let manifest: Manifest
    package let configuration: ImageConfiguration
    /// The topmost layer's snapshot name.
    package let chainID: Digest
}

extension Client {
    private var images: Containerd_Services_Images_V1_Images.Client<Transport> { .init(wrapping: grpc) }
    private var contents: Containerd_Services_Content_V1_Content.Client<Transport> { .init(wrapping: grpc) }

    package func listImages() async throws(Failure) -> [ImageRecord] {
        try await call {
            try await images.list(.init(), metadata: metadata).images.map { try ImageRecord(checking: $0) }
        }
    }

    /// Finds `name` as it is, or completed as people's short names are.
    package func image(_ name: String) async throws(Failure) -> ImageRecord {
        let names = [name, Reference(familiar: name)?.description].compactMap(\.self)
        for candidate in names {
            do throws(Failure) {
                return try await call {
                    let answer = try await images.get(.with { $0.name = candidate }, metadata: metadata)
                    return try ImageRecord(checking: answer.image)
                }
            } catch  where error.code == .notFound {
                continue
            }
        }
        throw Failure(
            .notFound,
            "image \"\(name)\": not found; import or pull it first (see `berthctl images` for those there are)")
    }

    /// - Parameter sync: waits until what only this image held is gone.
    package func deleteImage(_ name: String, sync: Bool = true) async throws(Failure) {
        try await call {
            _ = try await images.delete(
                .with {
                    $0.name = name
                    $0.sync = sync
                }, metadata: metadata)
        }
    }

    /// Reads the image's manifest and configuration for `platform`.
    package func resolve(_ record: ImageRecord, platform: Platform = .host) async throws(Failure) -> ResolvedImage {
        var target = record.target
        var depth = 0
        while MediaType.isIndex(target.mediaType) {
            let index = try await document(Index.self, target)
            let fitting = index.manifests.first { $0.platform.map(platform.accepts) ?? true }
            guard let fitting, depth < 4 else {
                let has = index.manifests.compactMap { $0.platform?.description }.joined(separator: ", ")
                throw Failure(.notFound, "image \"\(record.name)\": no manifest for \(platform) (has \(has))")
            }
            target = fitting
            depth += 1
        }
        let manifest = try await document(Manifest.self, target)
        let configuration = try await document(ImageConfiguration.self, manifest.config)
        guard let chainID = ChainID.chain(of: configuration.rootfs.diffIDs).last else {
            throw .invalid("image \"\(record.name)\": has no layers")
        }
        return ResolvedImage(record: record, manifest: manifest, configuration: configuration, chainID: chainID)
    }

    private func document<Document: Decodable & Sendable>(
        _ type: Document.Type, _ descriptor: Descriptor
    ) async throws(Failure) -> Document {
        let limit = 8 << 20
        guard descriptor.size <= limit else {
            throw Failure(
                .resourceExhausted, "content \(descriptor.digest): \(descriptor.size) bytes; at most \(limit)")
        }
        return try await call {
            let bytes = try await contents.read(.with { $0.digest = descriptor.digest.description }, metadata: metadata)
            {
                response in
                var bytes = Data()
                for try await part in response.messages {
                    bytes.append(part.data)
                    guard bytes.count <= limit else {
                        throw Failure(.resourceExhausted, "content \(descriptor.digest): more than \(limit) bytes")
                    }
                }
                return bytes
            }
            do {
                return try JSONDecoder().decode(type, from: bytes)
            } catch {
                throw Failure.invalid("content \(descriptor.digest): not a valid \(descriptor.mediaType) document")
            }
        }
    }
}

extension ImageRecord {
    init(checking wire: Containerd_Services_Images_V1_Image) throws(Failure) {
        self.init(
            name: wire.name, labels: wire.labels, target: try Descriptor(checking: wire.target),
            createdAt: Timestamp(wire.createdAt), updatedAt: Timestamp(wire.updatedAt))
    }
}
