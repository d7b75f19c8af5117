internal import ImageSpec
internal import Model

/// Walks from an image's target to the manifests that are wanted, and marks who refers to whom.
struct ImageGraph: Sendable {
    let documents: ImageDocuments
    let image: String

    /// The wanted manifests below `target`, which is in the content store together with all indexes on the way. Each
    /// document counts once, however often it is listed (CVE-2026-53493).
    func manifests(
        below target: Descriptor, _ choice: PlatformChoice, in scope: Scope
    ) async throws(Failure) -> [Descriptor] {
        var seen: Set<Digest> = []
        return try await manifests(below: target, choice, in: scope, depth: 0, seen: &seen)
    }

    private func manifests(
        below target: Descriptor, _ choice: PlatformChoice, in scope: Scope, depth: Int, seen: inout Set<Digest>
    ) async throws(Failure) -> [Descriptor] {
        guard seen.insert(target.digest).inserted else { return [] }
        guard MediaType.isIndex(target.mediaType) else { return [target] }
        guard depth < ImageDocuments.maximumDepth else {
            throw .invalid("image \"\(image)\": indexes nested deeper than \(ImageDocuments.maximumDepth)")
        }
        let index = try ImageDocuments.index(try await documents.document(target, in: scope), target)
        var found: [Descriptor] = []
        for child in try choice.select(from: index.manifests, image: image) {
            guard await isPresent(child, in: scope) else { continue }
            found += try await manifests(below: child, choice, in: scope, depth: depth + 1, seen: &seen)
        }
        return found
    }

    /// Labels by which garbage collection finds a document's children: `containerd.io/gc.ref.content.…`, with
    /// containerd's names: `config`, `l.0`, `m.0`.
    static func referenceLabels(of manifest: Manifest) -> [String: String] {
        var labels = ["containerd.io/gc.ref.content.config": manifest.config.digest.description]
        for (number, layer) in manifest.layers.enumerated() {
            labels["containerd.io/gc.ref.content.l.\(number)"] = layer.digest.description
        }
        return labels
    }

    static func referenceLabels(of index: Index) -> [String: String] {
        var labels: [String: String] = [:]
        for (number, child) in index.manifests.enumerated() {
            labels["containerd.io/gc.ref.content.m.\(number)"] = child.digest.description
        }
        return labels
    }

    private func isPresent(_ descriptor: Descriptor, in scope: Scope) async -> Bool {
        (try? await documents.content.info(descriptor.digest, in: scope)) != nil
    }
}
