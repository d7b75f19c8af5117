package import ContainerdAPI
package import GRPCCore
package import Model
package import SwiftProtobuf
internal import Wire

/// Clients' claims on what nothing refers to yet. `containerd.services.leases.v1`.
package struct LeasesService: Containerd_Services_Leases_V1_Leases.ServiceProtocol {
    private let leases: any LeaseStore
    private let collector: any GarbageCollector

    package init(leases: any LeaseStore, collector: any GarbageCollector) {
        self.leases = leases
        self.collector = collector
    }

    package func create(
        request: ServerRequest<Containerd_Services_Leases_V1_CreateRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Leases_V1_CreateResponse> {
        let id = request.message.id.isEmpty ? Self.freshID() : request.message.id
        let lease = try await leases.create(
            Lease(id: id, createdAt: .now(), labels: request.message.labels),
            namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.lease = lease.wire })
    }

    package func delete(
        request: ServerRequest<Containerd_Services_Leases_V1_DeleteRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        try await leases.delete(request.message.id, namespace: try request.metadata.namespace())
        if request.message.sync {
            try await collector.collect()
        } else {
            collector.schedule()
        }
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func list(
        request: ServerRequest<Containerd_Services_Leases_V1_ListRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Leases_V1_ListResponse> {
        let found = try await leases.list(
            filters: request.message.filters, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.leases = found.map(\.wire) })
    }

    package func addResource(
        request: ServerRequest<Containerd_Services_Leases_V1_AddResourceRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        try await leases.add(
            LeaseResource(request.message.resource), to: request.message.id,
            namespace: try request.metadata.namespace())
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func deleteResource(
        request: ServerRequest<Containerd_Services_Leases_V1_DeleteResourceRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        try await leases.remove(
            LeaseResource(request.message.resource), from: request.message.id,
            namespace: try request.metadata.namespace())
        collector.schedule()
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func listResources(
        request: ServerRequest<Containerd_Services_Leases_V1_ListResourcesRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Leases_V1_ListResourcesResponse> {
        let resources = try await leases.resources(
            of: request.message.id, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.resources = resources.map(\.wire) })
    }

    /// For clients that leave the choice to the server.
    private static func freshID() -> String {
        var generator = SystemRandomNumberGenerator()
        let random: UInt64 = generator.next()
        return "\(Timestamp.now().nanoseconds)-\(String(random, radix: 36))"
    }
}

extension Lease {
    var wire: Containerd_Services_Leases_V1_Lease {
        .with {
            $0.id = id
            $0.createdAt = createdAt.wire
            $0.labels = labels
        }
    }
}

extension LeaseResource {
    init(_ wire: Containerd_Services_Leases_V1_Resource) {
        self.init(id: wire.id, type: wire.type)
    }

    var wire: Containerd_Services_Leases_V1_Resource {
        .with {
            $0.id = id
            $0.type = type
        }
    }
}
