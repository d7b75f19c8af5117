internal import ContainerdAPI
internal import ContainerdTypes
internal import FoundationEssentials
package import Model
internal import SwiftProtobuf
internal import Wire

extension Client {
    private var containers: Containerd_Services_Containers_V1_Containers.Client<Transport> { .init(wrapping: grpc) }

    package func listContainers(filters: [String] = []) async throws(Failure) -> [ContainerRecord] {
        try await call {
            try await containers.list(.with { $0.filters = filters }, metadata: metadata).containers
                .map(ContainerRecord.init)
        }
    }

    package func container(_ id: String) async throws(Failure) -> ContainerRecord {
        try await call {
            ContainerRecord(try await containers.get(.with { $0.id = id }, metadata: metadata).container)
        }
    }

    package func createContainer(_ record: ContainerRecord) async throws(Failure) -> ContainerRecord {
        try await call {
            ContainerRecord(
                try await containers.create(.with { $0.container = record.wire }, metadata: metadata).container)
        }
    }

    package func deleteContainer(_ id: String) async throws(Failure) {
        try await call { _ = try await containers.delete(.with { $0.id = id }, metadata: metadata) }
    }
}

extension ContainerRecord {
    init(_ wire: Containerd_Services_Containers_V1_Container) {
        self.init(
            id: wire.id, labels: wire.labels, image: wire.image,
            runtime: Runtime(
                name: wire.runtime.name, options: wire.runtime.hasOptions ? TypedPayload(wire.runtime.options) : nil),
            spec: wire.hasSpec ? TypedPayload(wire.spec) : nil, snapshotter: wire.snapshotter,
            snapshotKey: wire.snapshotKey, createdAt: Timestamp(wire.createdAt), updatedAt: Timestamp(wire.updatedAt),
            extensions: wire.extensions.mapValues(TypedPayload.init), sandbox: wire.sandbox)
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
            $0.extensions = extensions.mapValues(\.wire)
            $0.sandbox = sandbox
        }
    }
}
