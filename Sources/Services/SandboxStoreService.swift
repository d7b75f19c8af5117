package import ContainerdAPI
internal import ContainerdTypes
package import GRPCCore
package import Model
internal import SwiftProtobuf
internal import Wire

/// Sandboxes as metadata. `containerd.services.sandbox.v1.Store`.
package struct SandboxStoreService: Containerd_Services_Sandbox_V1_Store.ServiceProtocol {
    private let sandboxes: any SandboxStore

    package init(sandboxes: any SandboxStore) {
        self.sandboxes = sandboxes
    }

    package func get(
        request: ServerRequest<Containerd_Services_Sandbox_V1_StoreGetRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_StoreGetResponse> {
        let record = try await sandboxes.get(
            request.message.sandboxID, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.sandbox = record.wire })
    }

    package func list(
        request: ServerRequest<Containerd_Services_Sandbox_V1_StoreListRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_StoreListResponse> {
        let records = try await sandboxes.list(
            filters: request.message.filters, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.list = records.map(\.wire) })
    }

    package func create(
        request: ServerRequest<Containerd_Services_Sandbox_V1_StoreCreateRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_StoreCreateResponse> {
        let record = try await sandboxes.create(
            SandboxRecord(request.message.sandbox), namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.sandbox = record.wire })
    }

    package func update(
        request: ServerRequest<Containerd_Services_Sandbox_V1_StoreUpdateRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_StoreUpdateResponse> {
        let record = try await sandboxes.update(
            SandboxRecord(request.message.sandbox), FieldUpdate(paths: request.message.fields),
            namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.sandbox = record.wire })
    }

    package func delete(
        request: ServerRequest<Containerd_Services_Sandbox_V1_StoreDeleteRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_StoreDeleteResponse> {
        try await sandboxes.delete(request.message.sandboxID, namespace: try request.metadata.namespace())
        return ServerResponse(message: Containerd_Services_Sandbox_V1_StoreDeleteResponse())
    }
}

extension SandboxRecord {
    init(_ wire: Containerd_Types_Sandbox) {
        self.init(
            id: wire.sandboxID,
            runtime: ContainerRecord.Runtime(
                name: wire.runtime.name,
                options: wire.runtime.hasOptions ? TypedPayload(wire.runtime.options) : nil),
            spec: wire.hasSpec ? TypedPayload(wire.spec) : nil, labels: wire.labels,
            createdAt: Timestamp(wire.createdAt), updatedAt: Timestamp(wire.updatedAt),
            extensions: wire.extensions.mapValues { TypedPayload($0) }, sandboxer: wire.sandboxer)
    }

    var wire: Containerd_Types_Sandbox {
        .with {
            $0.sandboxID = id
            $0.runtime.name = runtime.name
            if let options = runtime.options { $0.runtime.options = options.wire }
            if let spec { $0.spec = spec.wire }
            $0.labels = labels
            $0.createdAt = createdAt.wire
            $0.updatedAt = updatedAt.wire
            $0.extensions = extensions.mapValues(\.wire)
            $0.sandboxer = sandboxer
        }
    }
}
