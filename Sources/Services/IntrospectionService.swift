package import ContainerdAPI
internal import ContainerdTypes
package import GRPCCore
internal import ImageSpec
internal import Model
package import SwiftProtobuf
internal import Wire

/// What this server is made of, in the terms of containerd's plugins. `containerd.services.introspection.v1`.
package struct IntrospectionService: Containerd_Services_Introspection_V1_Introspection.ServiceProtocol {
    private let plugins: [PluginDescription]
    private let server: Containerd_Services_Introspection_V1_ServerResponse

    /// - Parameters:
    ///   - uuid: this installation's, the same after every restart.
    ///   - pidNamespace: the inode of `/proc/self/ns/pid`.
    package init(plugins: [PluginDescription], uuid: String, pid: UInt64, pidNamespace: UInt64) {
        self.plugins = plugins
        server = .with {
            $0.uuid = uuid
            $0.pid = pid
            $0.pidns = pidNamespace
        }
    }

    package func plugins(
        request: ServerRequest<Containerd_Services_Introspection_V1_PluginsRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Introspection_V1_PluginsResponse> {
        let found = try PluginDescription.select(plugins, filters: request.message.filters)
        return ServerResponse(message: .with { $0.plugins = found.map(\.wire) })
    }

    package func server(
        request: ServerRequest<Google_Protobuf_Empty>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Introspection_V1_ServerResponse> {
        ServerResponse(message: server)
    }

    package func pluginInfo(
        request: ServerRequest<Containerd_Services_Introspection_V1_PluginInfoRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Introspection_V1_PluginInfoResponse> {
        let (type, id) = (request.message.type, request.message.id)
        guard let plugin = plugins.first(where: { $0.type == type && $0.id == id }) else {
            throw Failure.notFound("plugin", "\(type).\(id)")
        }
        return ServerResponse(message: .with { $0.plugin = plugin.wire })
    }
}
