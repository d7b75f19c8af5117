package import ContainerdAPI
package import GRPCCore
internal import ImageSpec
package import Model
internal import SwiftProtobuf
internal import Wire

/// Layers to and from file systems. `containerd.services.diff.v1`.
package struct DiffService: Containerd_Services_Diff_V1_Diff.ServiceProtocol {
    private let differ: any Differ

    package init(differ: any Differ) {
        self.differ = differ
    }

    package func apply(
        request: ServerRequest<Containerd_Services_Diff_V1_ApplyRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Diff_V1_ApplyResponse> {
        let message = request.message
        // Payloads configure processors of other media types; every layer type Berth knows needs none.
        let applied = try await differ.apply(
            try Descriptor(checking: message.diff), onto: message.mounts.map { Mount($0) }, sync: message.syncFs,
            in: try request.metadata.scope())
        return ServerResponse(message: .with { $0.applied = applied.wire })
    }

    package func diff(
        request: ServerRequest<Containerd_Services_Diff_V1_DiffRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Diff_V1_DiffResponse> {
        let message = request.message
        let layer = try await differ.diff(
            DiffRequest(
                left: message.left.map { Mount($0) }, right: message.right.map { Mount($0) },
                mediaType: message.mediaType, reference: message.ref, labels: message.labels,
                sourceDateEpoch: message.hasSourceDateEpoch ? Timestamp(message.sourceDateEpoch) : nil),
            in: try request.metadata.scope())
        return ServerResponse(message: .with { $0.diff = layer.wire })
    }
}
