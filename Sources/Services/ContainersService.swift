package import ContainerdAPI
package import GRPCCore
package import Model
package import SwiftProtobuf
internal import Wire

/// What containers are to run. `containerd.services.containers.v1`.
package struct ContainersService: Containerd_Services_Containers_V1_Containers.ServiceProtocol {
    private let containers: any ContainerStore
    private let collector: any GarbageCollector

    package init(containers: any ContainerStore, collector: any GarbageCollector) {
        self.containers = containers
        self.collector = collector
    }

    package func get(
        request: ServerRequest<Containerd_Services_Containers_V1_GetContainerRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Containers_V1_GetContainerResponse> {
        let record = try await containers.get(request.message.id, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.container = record.wire })
    }

    package func list(
        request: ServerRequest<Containerd_Services_Containers_V1_ListContainersRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Containers_V1_ListContainersResponse> {
        let records = try await containers.list(
            filters: request.message.filters, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.containers = records.map(\.wire) })
    }

    package func listStream(
        request: ServerRequest<Containerd_Services_Containers_V1_ListContainersRequest>, context: ServerContext
    ) async throws -> StreamingServerResponse<Containerd_Services_Containers_V1_ListContainerMessage> {
        let records = try await containers.list(
            filters: request.message.filters, namespace: try request.metadata.namespace())
        return StreamingServerResponse { writer in
            for record in records {
                try await writer.write(.with { $0.container = record.wire })
            }
            return [:]
        }
    }

    package func create(
        request: ServerRequest<Containerd_Services_Containers_V1_CreateContainerRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Containers_V1_CreateContainerResponse> {
        let record = try await containers.create(
            ContainerRecord(request.message.container), namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.container = record.wire })
    }

    package func update(
        request: ServerRequest<Containerd_Services_Containers_V1_UpdateContainerRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Containers_V1_UpdateContainerResponse> {
        let record = try await containers.update(
            ContainerRecord(request.message.container), FieldUpdate(request.message.updateMask),
            namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.container = record.wire })
    }

    package func delete(
        request: ServerRequest<Containerd_Services_Containers_V1_DeleteContainerRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        try await containers.delete(request.message.id, namespace: try request.metadata.namespace())
        collector.schedule()
        return ServerResponse(message: Google_Protobuf_Empty())
    }
}

extension ContainerRecord {
    init(_ wire: Containerd_Services_Containers_V1_Container) {
        self.init(
            id: wire.id, labels: wire.labels, image: wire.image,
            runtime: Runtime(
                name: wire.runtime.name,
                options: wire.runtime.hasOptions ? TypedPayload(wire.runtime.options) : nil),
            spec: wire.hasSpec ? TypedPayload(wire.spec) : nil, snapshotter: wire.snapshotter,
            snapshotKey: wire.snapshotKey, createdAt: Timestamp(wire.createdAt), updatedAt: Timestamp(wire.updatedAt),
            extensions: wire.extensions.mapValues { TypedPayload($0) }, sandbox: wire.sandbox)
    }

    var wire: Containerd_Services_Containers_V1_Container {
        .with {
            $0.id = id
            $0.labels = labels
            $0.image = image
            $0.runtime.name = runtime.name
            if let options = runtime.options { $0.runtime.options = options.wire }
            if let spec { $0.spec = spec.wire }
            $0.snapshotter = snapshotter
            $0.snapshotKey = snapshotKey
            $0.createdAt = createdAt.wire
            $0.updatedAt = updatedAt.wire
            $0.extensions = extensions.mapValues(\.wire)
            $0.sandbox = sandbox
        }
    }
}
