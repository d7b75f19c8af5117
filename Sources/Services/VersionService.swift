package import ContainerdAPI
package import GRPCCore
package import SwiftProtobuf

/// Which build this is. `containerd.services.version.v1`.
///
/// Clients choose features by this number: it names the release of containerd's API that Berth answers for, with
/// Berth's own version as build metadata, which every semantic-version parser passes over.
package struct VersionService: Containerd_Services_Version_V1_Version.ServiceProtocol {
    private let response: Containerd_Services_Version_V1_VersionResponse

    package init(version: String, revision: String) {
        response = .with {
            $0.version = version
            $0.revision = revision
        }
    }

    package func version(
        request: ServerRequest<Google_Protobuf_Empty>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Version_V1_VersionResponse> {
        ServerResponse(message: response)
    }
}
