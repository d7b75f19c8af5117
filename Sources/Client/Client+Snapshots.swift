internal import ContainerdAPI
internal import ContainerdTypes
internal import ImageSpec
package import Model
internal import SwiftProtobuf
internal import Wire

extension Client {
    private var snapshots: Containerd_Services_Snapshots_V1_Snapshots.Client<Transport> { .init(wrapping: grpc) }
    private var diffs: Containerd_Services_Diff_V1_Diff.Client<Transport> { .init(wrapping: grpc) }

    package func prepareSnapshot(
        _ key: String, parent: String, snapshotter: String, labels: [String: String] = [:]
    ) async throws(Failure) -> [Model.Mount] {
        try await call {
            try await snapshots.prepare(
                .with {
                    $0.snapshotter = snapshotter
                    $0.key = key
                    $0.parent = parent
                    $0.labels = labels
                }, metadata: metadata
            ).mounts.map(Model.Mount.init)
        }
    }

    func viewSnapshot(_ key: String, parent: String, snapshotter: String) async throws(Failure) -> [Model.Mount] {
        try await call {
            try await snapshots.view(
                .with {
                    $0.snapshotter = snapshotter
                    $0.key = key
                    $0.parent = parent
                }, metadata: metadata
            ).mounts.map(Model.Mount.init)
        }
    }

    package func removeSnapshot(_ key: String, snapshotter: String) async throws(Failure) {
        try await call {
            _ = try await snapshots.remove(
                .with {
                    $0.snapshotter = snapshotter
                    $0.key = key
                }, metadata: metadata)
        }
    }

    /// Makes the image's snapshots where a pull left only its blobs, as stock clients' pulls for another snapshotter do,
    /// and runs `body` while they are sure to stay: nothing of the image's refers to them.
    package func unpacking<Result: Sendable>(
        _ image: ResolvedImage, snapshotter: String, _ body: (Client) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await leased { client async throws(Failure) in
            try await client.unpack(image, snapshotter: snapshotter)
            return try await body(client)
        }
    }

    private func unpack(_ image: ResolvedImage, snapshotter: String) async throws(Failure) {
        let layers = image.manifest.layers.filter { MediaType.isLayer($0.mediaType) }
        let chain = ChainID.chain(of: image.configuration.rootfs.diffIDs)
        guard layers.count == chain.count else {
            throw .invalid("image \"\(image.record.name)\": \(layers.count) layers, but \(chain.count) diff IDs")
        }
        var parent = ""
        for (layer, name) in zip(layers, chain.map(\.description)) {
            if try await !hasSnapshot(name, snapshotter: snapshotter) {
                try await unpack(layer, as: name, on: parent, snapshotter: snapshotter)
            }
            parent = name
        }
    }

    private func hasSnapshot(_ name: String, snapshotter: String) async throws(Failure) -> Bool {
        do throws(Failure) {
            try await call {
                _ = try await snapshots.stat(
                    .with {
                        $0.snapshotter = snapshotter
                        $0.key = name
                    }, metadata: metadata)
            }
            return true
        } catch  where error.code == .notFound {
            return false
        }
    }

    private func unpack(
        _ layer: Descriptor, as name: String, on parent: String, snapshotter: String
    ) async throws(Failure) {
        let key = "extract-\(UInt64.random(in: 0...UInt64.max)) \(name)"
        let mounts = try await prepareSnapshot(key, parent: parent, snapshotter: snapshotter)
        do throws(Failure) {
            try await call {
                _ = try await diffs.apply(
                    .with {
                        $0.diff = layer.wire
                        $0.mounts = mounts.map(\.wire)
                    }, metadata: metadata)
                _ = try await snapshots.commit(
                    .with {
                        $0.snapshotter = snapshotter
                        $0.name = name
                        $0.key = key
                    }, metadata: metadata)
            }
        } catch {
            try? await removeSnapshot(key, snapshotter: snapshotter)
            guard error.code == .alreadyExists else { throw error }
        }
    }
}
