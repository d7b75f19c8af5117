internal import FoundationEssentials
internal import ImageSpec
internal import Model

/// Reads an image's JSON documents from the content store, with limits, for somebody else wrote them.
struct ImageDocuments: Sendable {
    let content: any ContentStore

    /// Bytes. containerd's own limit for manifests.
    static let maximumSize = 8 << 20
    /// An index may point to indexes; deeper than this nobody's image goes.
    static let maximumDepth = 4
    /// Descriptors in one index or manifest.
    static let maximumFanOut = 1024

    func manifest(_ descriptor: Descriptor, in scope: Scope) async throws(Failure) -> Manifest {
        let bytes = try await document(descriptor, in: scope)
        return try Self.manifest(bytes, descriptor)
    }

    static func manifest(_ bytes: [UInt8], _ descriptor: Descriptor) throws(Failure) -> Manifest {
        try checkShape(bytes, descriptor)
        let manifest = try decode(Manifest.self, bytes, descriptor)
        guard manifest.layers.count <= maximumFanOut else {
            throw .invalid(
                "manifest \"\(descriptor.digest)\": \(manifest.layers.count) layers; at most \(maximumFanOut)")
        }
        for child in [manifest.config] + manifest.layers where child.size < 0 {
            throw .invalid("manifest \"\(descriptor.digest)\": descriptor \"\(child.digest)\" has a negative size")
        }
        return manifest
    }

    static func index(_ bytes: [UInt8], _ descriptor: Descriptor) throws(Failure) -> Index {
        try checkShape(bytes, descriptor)
        let index = try decode(Index.self, bytes, descriptor)
        guard index.manifests.count <= maximumFanOut else {
            throw .invalid(
                "index \"\(descriptor.digest)\": \(index.manifests.count) manifests; at most \(maximumFanOut)")
        }
        for child in index.manifests where child.size < 0 {
            throw .invalid("index \"\(descriptor.digest)\": descriptor \"\(child.digest)\" has a negative size")
        }
        return index
    }

    /// - Parameter image: whose it is, for messages.
    func configuration(
        _ descriptor: Descriptor, of image: String, in scope: Scope
    ) async throws(Failure) -> ImageConfiguration {
        do throws(Failure) {
            return try Self.decode(ImageConfiguration.self, try await document(descriptor, in: scope), descriptor)
        } catch {
            throw Failure(error.code, "image \"\(image)\": configuration: \(error.message)", cause: error.cause)
        }
    }

    func document(_ descriptor: Descriptor, in scope: Scope) async throws(Failure) -> [UInt8] {
        let reader = try await content.open(descriptor.digest, in: scope)
        guard reader.size <= Self.maximumSize else {
            throw Failure(
                .resourceExhausted,
                "content \"\(descriptor.digest)\": \(reader.size) bytes; at most \(Self.maximumSize)")
        }
        return try reader.read(at: 0, count: Int(reader.size))
    }

    static func decode<Document: Decodable>(
        _ type: Document.Type, _ bytes: [UInt8], _ descriptor: Descriptor
    ) throws(Failure) -> Document {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw Failure(
                .invalidArgument, "content \"\(descriptor.digest)\": not a valid \(descriptor.mediaType) document",
                cause: error)
        }
    }

    private static func checkShape(_ bytes: [UInt8], _ descriptor: Descriptor) throws(Failure) {
        let shape = try decode(DocumentShape.self, bytes, descriptor)
        guard !shape.isAmbiguous else {
            throw .invalid("content \"\(descriptor.digest)\": has manifests as well as layers; refused as ambiguous")
        }
        let isIndex = MediaType.isIndex(descriptor.mediaType)
        guard isIndex ? !shape.hasLayers : !shape.hasManifests else {
            throw .invalid("content \"\(descriptor.digest)\": is not the \(descriptor.mediaType) its descriptor says")
        }
    }

    static func encode(_ document: some Encodable) throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(document))
        } catch {
            throw Failure(.internal, "an image document cannot be encoded", cause: error)
        }
    }
}
