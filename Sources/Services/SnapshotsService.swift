package import ContainerdAPI
package import GRPCCore
package import Model
package import SwiftProtobuf
internal import Wire

/// Root file systems. `containerd.services.snapshots.v1`.
package struct SnapshotsService: Containerd_Services_Snapshots_V1_Snapshots.ServiceProtocol {
    /// Snapshots in one message of a list.
    private static let batch = 100

    private let snapshotters: SnapshotterTable
    private let collector: any GarbageCollector

    package init(snapshotters: SnapshotterTable, collector: any GarbageCollector) {
        self.snapshotters = snapshotters
        self.collector = collector
    }

    package func prepare(
        request: ServerRequest<Containerd_Services_Snapshots_V1_PrepareSnapshotRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Snapshots_V1_PrepareSnapshotResponse> {
        let (message, scope) = (request.message, try request.metadata.scope())
        let driver = try await snapshotters.find(message.snapshotter, namespace: scope.namespace)
        let mounts = try await driver.prepare(message.key, parent: message.parent, labels: message.labels, in: scope)
        return ServerResponse(message: .with { $0.mounts = mounts.map(\.wire) })
    }

    package func view(
        request: ServerRequest<Containerd_Services_Snapshots_V1_ViewSnapshotRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Snapshots_V1_ViewSnapshotResponse> {
        let (message, scope) = (request.message, try request.metadata.scope())
        let driver = try await snapshotters.find(message.snapshotter, namespace: scope.namespace)
        let mounts = try await driver.view(message.key, parent: message.parent, labels: message.labels, in: scope)
        return ServerResponse(message: .with { $0.mounts = mounts.map(\.wire) })
    }

    package func mounts(
        request: ServerRequest<Containerd_Services_Snapshots_V1_MountsRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Snapshots_V1_MountsResponse> {
        let (message, scope) = (request.message, try request.metadata.scope())
        let driver = try await snapshotters.find(message.snapshotter, namespace: scope.namespace)
        let mounts = try await driver.mounts(message.key, in: scope)
        return ServerResponse(message: .with { $0.mounts = mounts.map(\.wire) })
    }

    package func commit(
        request: ServerRequest<Containerd_Services_Snapshots_V1_CommitSnapshotRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let (message, scope) = (request.message, try request.metadata.scope())
        guard message.parent.isEmpty else {
            throw Failure(
                .unimplemented,
                "snapshot \"\(message.key)\": commit on another parent (\"\(message.parent)\") is not supported")
        }
        let driver = try await snapshotters.find(message.snapshotter, namespace: scope.namespace)
        try await driver.commit(message.name, key: message.key, labels: message.labels, in: scope)
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func remove(
        request: ServerRequest<Containerd_Services_Snapshots_V1_RemoveSnapshotRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let (message, scope) = (request.message, try request.metadata.scope())
        let driver = try await snapshotters.find(message.snapshotter, namespace: scope.namespace)
        try await driver.remove(message.key, in: scope)
        collector.schedule()
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func stat(
        request: ServerRequest<Containerd_Services_Snapshots_V1_StatSnapshotRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Snapshots_V1_StatSnapshotResponse> {
        let (message, scope) = (request.message, try request.metadata.scope())
        let driver = try await snapshotters.find(message.snapshotter, namespace: scope.namespace)
        let info = try await driver.stat(message.key, in: scope)
        return ServerResponse(message: .with { $0.info = info.wire })
    }

    package func update(
        request: ServerRequest<Containerd_Services_Snapshots_V1_UpdateSnapshotRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Snapshots_V1_UpdateSnapshotResponse> {
        let (message, scope) = (request.message, try request.metadata.scope())
        let driver = try await snapshotters.find(message.snapshotter, namespace: scope.namespace)
        let info = try await driver.update(SnapshotInfo(message.info), FieldUpdate(message.updateMask), in: scope)
        return ServerResponse(message: .with { $0.info = info.wire })
    }

    package func list(
        request: ServerRequest<Containerd_Services_Snapshots_V1_ListSnapshotsRequest>, context: ServerContext
    ) async throws -> StreamingServerResponse<Containerd_Services_Snapshots_V1_ListSnapshotsResponse> {
        let (message, scope) = (request.message, try request.metadata.scope())
        let driver = try await snapshotters.find(message.snapshotter, namespace: scope.namespace)
        let found = try await driver.list(filters: message.filters, in: scope)
        return StreamingServerResponse { writer in
            for start in stride(from: 0, to: found.count, by: Self.batch) {
                let part = found[start..<min(start + Self.batch, found.count)]
                try await writer.write(.with { $0.info = part.map(\.wire) })
            }
            return [:]
        }
    }

    package func usage(
        request: ServerRequest<Containerd_Services_Snapshots_V1_UsageRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Snapshots_V1_UsageResponse> {
        let (message, scope) = (request.message, try request.metadata.scope())
        let driver = try await snapshotters.find(message.snapshotter, namespace: scope.namespace)
        let usage = try await driver.usage(message.key, in: scope)
        return ServerResponse(
            message: .with {
                $0.size = usage.size
                $0.inodes = usage.inodes
            })
    }

    package func cleanup(
        request: ServerRequest<Containerd_Services_Snapshots_V1_CleanupRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let scope = try request.metadata.scope()
        let driver = try await snapshotters.find(request.message.snapshotter, namespace: scope.namespace)
        try await driver.sweep()
        return ServerResponse(message: Google_Protobuf_Empty())
    }
}

extension SnapshotInfo {
    /// As an update names it: what cannot be updated is not looked at.
    init(_ wire: Containerd_Services_Snapshots_V1_Info) {
        self.init(
            name: wire.name, parent: wire.parent, kind: Kind(rawValue: wire.kind.rawValue) ?? .active,
            createdAt: Timestamp(wire.createdAt), updatedAt: Timestamp(wire.updatedAt), labels: wire.labels)
    }

    var wire: Containerd_Services_Snapshots_V1_Info {
        .with {
            $0.name = name
            $0.parent = parent
            $0.kind = Containerd_Services_Snapshots_V1_Kind(rawValue: kind.rawValue) ?? .unknown
            $0.createdAt = createdAt.wire
            $0.updatedAt = updatedAt.wire
            $0.labels = labels
        }
    }
}
