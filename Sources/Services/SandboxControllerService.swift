package import ContainerdAPI
package import GRPCCore
internal import Model

/// The life of sandboxes. `containerd.services.sandbox.v1.Controller`.
///
/// No sandboxer is built in yet: clients group containers by the shim's own annotation instead, as they do under
/// containerd 1.6, which has no such service. Every call says so.
package struct SandboxControllerService: Containerd_Services_Sandbox_V1_Controller.ServiceProtocol {
    package init() {}

    private static func refuse<Response>(_ id: String, _ sandboxer: String) throws(Failure) -> Response {
        throw Failure(
            .unimplemented,
            "sandbox \"\(id)\": no sandbox controller \"\(sandboxer)\" is loaded: create its containers one by one")
    }

    package func create(
        request: ServerRequest<Containerd_Services_Sandbox_V1_ControllerCreateRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_ControllerCreateResponse> {
        try Self.refuse(request.message.sandboxID, request.message.sandboxer)
    }

    package func start(
        request: ServerRequest<Containerd_Services_Sandbox_V1_ControllerStartRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_ControllerStartResponse> {
        try Self.refuse(request.message.sandboxID, request.message.sandboxer)
    }

    package func platform(
        request: ServerRequest<Containerd_Services_Sandbox_V1_ControllerPlatformRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_ControllerPlatformResponse> {
        try Self.refuse(request.message.sandboxID, request.message.sandboxer)
    }

    package func stop(
        request: ServerRequest<Containerd_Services_Sandbox_V1_ControllerStopRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_ControllerStopResponse> {
        try Self.refuse(request.message.sandboxID, request.message.sandboxer)
    }

    package func wait(
        request: ServerRequest<Containerd_Services_Sandbox_V1_ControllerWaitRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_ControllerWaitResponse> {
        try Self.refuse(request.message.sandboxID, request.message.sandboxer)
    }

    package func status(
        request: ServerRequest<Containerd_Services_Sandbox_V1_ControllerStatusRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_ControllerStatusResponse> {
        try Self.refuse(request.message.sandboxID, request.message.sandboxer)
    }

    package func shutdown(
        request: ServerRequest<Containerd_Services_Sandbox_V1_ControllerShutdownRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_ControllerShutdownResponse> {
        try Self.refuse(request.message.sandboxID, request.message.sandboxer)
    }

    package func metrics(
        request: ServerRequest<Containerd_Services_Sandbox_V1_ControllerMetricsRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_ControllerMetricsResponse> {
        try Self.refuse(request.message.sandboxID, request.message.sandboxer)
    }

    package func update(
        request: ServerRequest<Containerd_Services_Sandbox_V1_ControllerUpdateRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Sandbox_V1_ControllerUpdateResponse> {
        try Self.refuse(request.message.sandboxID, request.message.sandboxer)
    }
}
