internal import ImageSpec
internal import Model

/// Makes the snapshots of an image's layers: one for each layer, named by its chain ID, parent below child.
///
/// A crash in between leaves committed snapshots, which the next unpack takes over, and at most one active one,
/// which no lease holds any more and garbage collection takes.
struct Unpacker: Sendable {
    let content: any ContentStore
    let differ: any Differ
    let snapshotter: any Snapshotter
    let progress: @Sendable (TransferProgress) -> Void

    /// - Parameter layerIsReady: waits until the layer's blob is in the content store.
    /// - Returns: the topmost snapshot's name.
    func unpack(
        _ manifest: Manifest, _ configuration: ImageConfiguration, image: String, in scope: Scope,
        layerIsReady: (Descriptor) async throws(Failure) -> Void
    ) async throws(Failure) -> String {
        let layers = manifest.layers.filter { MediaType.isLayer($0.mediaType) }
        let diffIDs = configuration.rootfs.diffIDs
        guard layers.count == diffIDs.count else {
            throw .invalid(
                "image \"\(image)\": \(layers.count) layers, but its configuration lists \(diffIDs.count) diff IDs")
        }
        guard !layers.isEmpty else { throw .invalid("image \"\(image)\": has no layers") }
        var parent = ""
        for (number, chainID) in ChainID.chain(of: diffIDs).enumerated() {
            try await layerIsReady(layers[number])
            try await apply(layers[number], diffID: diffIDs[number], as: chainID.description, on: parent, in: scope)
            parent = chainID.description
        }
        try await content.label(
            manifest.config.digest, ["containerd.io/gc.ref.snapshot.\(snapshotter.name)": parent], in: scope)
        return parent
    }

    private func apply(
        _ layer: Descriptor, diffID: Digest, as name: String, on parent: String, in scope: Scope
    ) async throws(Failure) {
        if await exists(name, in: scope) { return }
        progress(TransferProgress(event: "extracting", name: name, total: layer.size, descriptor: layer))
        let key = "extract-\(UInt64.random(in: 0...UInt64.max)) \(name)"
        let mounts = try await snapshotter.prepare(
            key, parent: parent, labels: ["containerd.io/snapshot.ref": name], in: scope)
        do throws(Failure) {
            let applied = try await differ.apply(layer, onto: mounts, sync: false, in: scope)
            await Failpoint.reach("images.unpack.after-apply")
            guard applied.digest == diffID else {
                throw Failure(
                    .failedPrecondition,
                    "layer \"\(layer.digest)\": unpacks to \"\(applied.digest)\", but the image says \"\(diffID)\"; get it again"
                )
            }
            try await snapshotter.commit(name, key: key, labels: [:], in: scope)
        } catch {
            try? await snapshotter.remove(key, in: scope)
            // Somebody else unpacked the same layer meanwhile: theirs is as good.
            guard error.code == .alreadyExists else { throw error }
        }
        try await content.label(layer.digest, ["containerd.io/uncompressed": diffID.description], in: scope)
        progress(
            TransferProgress(event: "extracted", name: name, done: layer.size, total: layer.size, descriptor: layer))
    }

    private func exists(_ name: String, in scope: Scope) async -> Bool {
        (try? await snapshotter.stat(name, in: scope)) != nil
    }
}
