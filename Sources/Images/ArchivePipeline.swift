internal import FoundationEssentials
internal import ImageSpec
internal import Model

/// Takes an OCI layout or a docker archive into the content store and finds the images in it.
///
/// Every regular file becomes a blob, whatever its name: which of them matter is known only at the end, and what
/// nothing refers to goes with the transfer's lease.
struct ArchivePipeline: Sendable {
    let content: any ContentStore
    let request: LoadRequest
    let scope: Scope
    let progress: @Sendable (TransferProgress) -> Void

    /// An image of the archive: its name, if it has one, and what it points to.
    struct Found {
        var name: String?
        var target: Descriptor
    }

    /// What one pass over the archive learned.
    private struct Contents {
        var index: [UInt8]?
        var dockerManifest: [UInt8]?
        var hasLayout = false
        var blobs: [String: Descriptor] = [:]
        var links: [String: String] = [:]
    }

    private static let maximumEntries = 100_000

    func run(_ archive: ArchiveReader) async throws(Failure) -> [Found] {
        var contents = Contents()
        var count = 0
        while let entry = try archive.next() {
            count += 1
            guard count <= Self.maximumEntries else {
                throw Failure(.resourceExhausted, "import: more than \(Self.maximumEntries) entries")
            }
            try await take(entry, from: archive, into: &contents)
        }
        if let index = contents.index {
            guard contents.hasLayout || contents.dockerManifest == nil else {
                return try await dockerImages(contents, contents.dockerManifest ?? [])
            }
            return try await layoutImages(index)
        }
        guard let manifest = contents.dockerManifest else {
            throw .invalid(
                "import: neither an OCI layout (no index.json) nor a docker archive (no manifest.json); "
                    + "to import a plain root file system name the image it is to become")
        }
        return try await dockerImages(contents, manifest)
    }

    private func take(
        _ entry: ArchiveReader.Entry, from archive: ArchiveReader, into contents: inout Contents
    ) async throws(Failure) {
        switch entry.kind {
        case .other:
            return
        case .link(let target):
            contents.links[entry.path] = Self.resolve(target, from: entry.path)
        case .file where entry.path == "index.json":
            contents.index = try archive.readAll(entry, limit: ImageDocuments.maximumSize)
        case .file where entry.path == "manifest.json":
            contents.dockerManifest = try archive.readAll(entry, limit: ImageDocuments.maximumSize)
        case .file where entry.path == "oci-layout":
            contents.hasLayout = true
        case .file:
            let digest = try await store(entry, from: archive)
            contents.blobs[entry.path] = Descriptor(mediaType: "", digest: digest, size: entry.size)
        }
    }

    private func store(_ entry: ArchiveReader.Entry, from archive: ArchiveReader) async throws(Failure) -> Digest {
        let expected = Self.digest(named: entry.path)
        let reference = "import-\(UInt64.random(in: 0...UInt64.max))"
        let writer: any BlobWriter
        do throws(Failure) {
            writer = try await content.openWriter(reference, total: entry.size, expected: expected, in: scope)
        } catch  where error.code == .alreadyExists {
            if let expected { return expected }
            throw Self.named(error, entry)
        }
        do throws(Failure) {
            var done: Int64 = 0
            while true {
                let bytes = try archive.read(1 << 20)
                if bytes.isEmpty { break }
                try await writer.append(bytes)
                done += Int64(bytes.count)
                progress(TransferProgress(event: "importing", name: entry.path, done: done, total: entry.size))
            }
            return try await writer.commitUnlessThere(size: entry.size, expected: expected)
        } catch {
            await writer.close()
            try? await content.abort(reference, in: scope)
            throw Self.named(error, entry)
        }
    }

    /// The store speaks of an ingest, whose name nobody outside knows.
    private static func named(_ failure: Failure, _ entry: ArchiveReader.Entry) -> Failure {
        if failure.message.hasPrefix("import: ") { return failure }
        guard failure.code == .failedPrecondition else {
            return Failure(failure.code, "import: \"\(entry.path)\": \(failure.message)", cause: failure.cause)
        }
        return Failure(
            failure.code, "import: \"\(entry.path)\": corrupt, its content is not what its name says; get it again",
            cause: failure)
    }

    /// `blobs/sha256/<hex>`: the name says what the content must be.
    private static func digest(named path: String) -> Digest? {
        let parts = path.split(separator: "/")
        guard parts.count == 3, parts[0] == "blobs" else { return nil }
        return Digest("\(parts[1]):\(parts[2])")
    }

    /// docker save writes `../<id>/layer.tar` where two images share a layer.
    private static func resolve(_ target: String, from path: String) -> String {
        var parts = path.split(separator: "/").dropLast()
        for part in target.split(separator: "/") {
            if part == ".." { parts = parts.dropLast() } else if part != "." { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    // MARK: OCI layout

    private func layoutImages(_ bytes: [UInt8]) async throws(Failure) -> [Found] {
        let place = Descriptor(mediaType: MediaType.index, digest: .sha256(of: bytes), size: Int64(bytes.count))
        let index = try ImageDocuments.index(bytes, place)
        var found: [Found] = []
        for target in index.manifests {
            var clean = target
            clean.annotations = nil
            found.append(Found(name: name(of: target), target: clean))
        }
        return found
    }

    /// containerd's full name, else the layout's tag below the base name.
    private func name(of target: Descriptor) -> String? {
        if let name = target.annotations?["io.containerd.image.name"] { return name }
        guard let tag = target.annotations?["org.opencontainers.image.ref.name"], !tag.isEmpty else {
            return request.baseName.map { Reference(familiar: $0)?.description ?? $0 }
        }
        if let base = request.baseName { return Reference(familiar: "\(base):\(tag)")?.description }
        return Reference(familiar: tag)?.description
    }

    // MARK: docker archive

    private struct DockerImage: Decodable {
        let config: String
        let tags: [String]?
        let layers: [String]

        private enum CodingKeys: String, CodingKey {
            case config = "Config"
            case tags = "RepoTags"
            case layers = "Layers"
        }
    }

    private func dockerImages(_ contents: Contents, _ bytes: [UInt8]) async throws(Failure) -> [Found] {
        let images: [DockerImage]
        do {
            images = try JSONDecoder().decode([DockerImage].self, from: Data(bytes))
        } catch {
            throw Failure(.invalidArgument, "import: manifest.json is not docker's list of images", cause: error)
        }
        var found: [Found] = []
        for image in images {
            let target = try await manifest(of: image, contents)
            let names = (image.tags ?? []).map { Reference(familiar: $0)?.description ?? $0 }
            found +=
                names.isEmpty
                ? [Found(name: request.baseName, target: target)]
                : names.map { Found(name: $0, target: target) }
        }
        return found
    }

    private func manifest(of image: DockerImage, _ contents: Contents) async throws(Failure) -> Descriptor {
        var configuration = try blob(image.config, contents)
        configuration.mediaType = MediaType.dockerConfiguration
        var layers: [Descriptor] = []
        for path in image.layers {
            var layer = try blob(path, contents)
            layer.mediaType = try await layerType(layer)
            layers.append(layer)
        }
        let manifest = Manifest(mediaType: MediaType.dockerManifest, config: configuration, layers: layers)
        let bytes = try ImageDocuments.encode(manifest)
        let descriptor = Descriptor(
            mediaType: MediaType.dockerManifest, digest: .sha256(of: bytes), size: Int64(bytes.count))
        try await content.store(bytes, as: descriptor, labels: ImageGraph.referenceLabels(of: manifest), in: scope)
        return descriptor
    }

    private func blob(_ path: String, _ contents: Contents) throws(Failure) -> Descriptor {
        if let descriptor = contents.blobs[path] { return descriptor }
        if let target = contents.links[path], let descriptor = contents.blobs[target] { return descriptor }
        throw .invalid("import: manifest.json names \"\(path)\", which the archive does not hold")
    }

    private func layerType(_ layer: Descriptor) async throws(Failure) -> String {
        let head = try await content.open(layer.digest, in: scope).read(at: 0, count: 4)
        return head.starts(with: [0x1f, 0x8b]) ? MediaType.dockerLayerGzip : MediaType.dockerLayer
    }
}
