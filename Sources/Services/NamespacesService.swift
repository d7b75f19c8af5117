package import ContainerdAPI
package import GRPCCore
package import Model
package import SwiftProtobuf
internal import Wire

/// Namespaces, the only objects that belong to none. `containerd.services.namespaces.v1`.
package struct NamespacesService: Containerd_Services_Namespaces_V1_Namespaces.ServiceProtocol {
    private let namespaces: any NamespaceStore

    package init(namespaces: any NamespaceStore) {
        self.namespaces = namespaces
    }

    package func get(
        request: ServerRequest<Containerd_Services_Namespaces_V1_GetNamespaceRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Namespaces_V1_GetNamespaceResponse> {
        let record = try await namespaces.get(request.message.name)
        return ServerResponse(message: .with { $0.namespace = record.wire })
    }

    package func list(
        request: ServerRequest<Containerd_Services_Namespaces_V1_ListNamespacesRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Namespaces_V1_ListNamespacesResponse> {
        // containerd has never given the request's filter a meaning.
        let records = try await namespaces.list()
        return ServerResponse(message: .with { $0.namespaces = records.map(\.wire) })
    }

    package func create(
        request: ServerRequest<Containerd_Services_Namespaces_V1_CreateNamespaceRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Namespaces_V1_CreateNamespaceResponse> {
        let record = try await namespaces.create(NamespaceRecord(request.message.namespace))
        return ServerResponse(message: .with { $0.namespace = record.wire })
    }

    package func update(
        request: ServerRequest<Containerd_Services_Namespaces_V1_UpdateNamespaceRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Namespaces_V1_UpdateNamespaceResponse> {
        let record = try await namespaces.update(
            NamespaceRecord(request.message.namespace), FieldUpdate(request.message.updateMask))
        return ServerResponse(message: .with { $0.namespace = record.wire })
    }

    package func delete(
        request: ServerRequest<Containerd_Services_Namespaces_V1_DeleteNamespaceRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        try await namespaces.delete(request.message.name)
        return ServerResponse(message: Google_Protobuf_Empty())
    }
}

extension NamespaceRecord {
    init(_ wire: Containerd_Services_Namespaces_V1_Namespace) {
        self.init(name: wire.name, labels: wire.labels)
    }

    var wire: Containerd_Services_Namespaces_V1_Namespace {
        .with {
            $0.name = name
            $0.labels = labels
        }
    }
}
