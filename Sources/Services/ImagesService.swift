package import ContainerdAPI
internal import ContainerdTypes
package import GRPCCore
internal import ImageSpec
package import Model
package import SwiftProtobuf
internal import Wire

/// Names of images. `containerd.services.images.v1`.
package struct ImagesService: Containerd_Services_Images_V1_Images.ServiceProtocol {
    private let images: any ImageStore
    private let collector: any GarbageCollector

    package init(images: any ImageStore, collector: any GarbageCollector) {
        self.images = images
        self.collector = collector
    }

    package func get(
        request: ServerRequest<Containerd_Services_Images_V1_GetImageRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Images_V1_GetImageResponse> {
        let record = try await images.get(request.message.name, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.image = record.wire })
    }

    package func list(
        request: ServerRequest<Containerd_Services_Images_V1_ListImagesRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Images_V1_ListImagesResponse> {
        let records = try await images.list(
            filters: request.message.filters, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.images = records.map(\.wire) })
    }

    package func create(
        request: ServerRequest<Containerd_Services_Images_V1_CreateImageRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Images_V1_CreateImageResponse> {
        let namespace = try request.metadata.namespace()
        var image = try ImageRecord(checking: request.message.image)
        if request.message.hasSourceDateEpoch {
            image.createdAt = Timestamp(request.message.sourceDateEpoch)
        }
        let record = try await images.create(image, namespace: namespace)
        return ServerResponse(message: .with { $0.image = record.wire })
    }

    package func update(
        request: ServerRequest<Containerd_Services_Images_V1_UpdateImageRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Images_V1_UpdateImageResponse> {
        let namespace = try request.metadata.namespace()
        let update = FieldUpdate(request.message.updateMask)
        let record: ImageRecord
        if update.paths.isEmpty || update.paths.contains(where: { $0 == "target" || $0.hasPrefix("target.") }) {
            record = try await images.update(
                try ImageRecord(checking: request.message.image), update, namespace: namespace)
        } else {
            // A client that changes labels alone need not send a target.
            var image = try await images.get(request.message.image.name, namespace: namespace)
            image.labels = request.message.image.labels
            record = try await images.update(image, update, namespace: namespace)
        }
        return ServerResponse(message: .with { $0.image = record.wire })
    }

    package func delete(
        request: ServerRequest<Containerd_Services_Images_V1_DeleteImageRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let namespace = try request.metadata.namespace()
        let message = request.message
        if message.hasTarget, !message.target.digest.isEmpty {
            let image = try await images.get(message.name, namespace: namespace)
            guard image.target.digest.description == message.target.digest else {
                throw Failure(
                    .notFound,
                    "image \"\(message.name)\": not found with target \(message.target.digest) (is \(image.target.digest))"
                )
            }
        }
        try await images.delete(message.name, namespace: namespace)
        if message.sync {
            try await collector.collect()
        } else {
            collector.schedule()
        }
        return ServerResponse(message: Google_Protobuf_Empty())
    }
}

extension ImageRecord {
    /// - Throws: `invalidArgument` without a name or with a malformed target.
    init(checking wire: Containerd_Services_Images_V1_Image) throws(Failure) {
        guard !wire.name.isEmpty else { throw .invalid("image: the name is empty") }
        self.init(
            name: wire.name, labels: wire.labels, target: try Descriptor(checking: wire.target),
            createdAt: Timestamp(wire.createdAt), updatedAt: Timestamp(wire.updatedAt))
    }

    var wire: Containerd_Services_Images_V1_Image {
        .with {
            $0.name = name
            $0.labels = labels
            $0.target = target.wire
            $0.createdAt = createdAt.wire
            $0.updatedAt = updatedAt.wire
        }
    }
}
