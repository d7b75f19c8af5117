package import GRPCCore

/// gRPC's own health check, `grpc.health.v1.Health`: containerd's client library asks it whether the server serves.
///
/// Its two messages have one field each, which is why they are read and written here rather than generated.
package struct HealthService: RegistrableRPCService {
    package init() {}

    private static let service = ServiceDescriptor(fullyQualifiedService: "grpc.health.v1.Health")

    package func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: MethodDescriptor(service: Self.service, method: "Check"),
            deserializer: IgnoredRequest(), serializer: ServingStatus()
        ) { _, _ in
            StreamingServerResponse { writer in
                try await writer.write(())
                return [:]
            }
        }
        router.registerHandler(
            forMethod: MethodDescriptor(service: Self.service, method: "Watch"),
            deserializer: IgnoredRequest(), serializer: ServingStatus()
        ) { _, context in
            StreamingServerResponse { writer in
                // The state never changes while there is a server to ask.
                try await writer.write(())
                try await context.cancellation.cancelled
                return [:]
            }
        }
    }

    /// `HealthCheckRequest`: which service is asked about makes no difference.
    private struct IgnoredRequest: MessageDeserializer {
        func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws {}
    }

    /// `HealthCheckResponse` with its field 1, `status`, at 1, `SERVING`.
    private struct ServingStatus: MessageSerializer {
        func serialize<Bytes: GRPCContiguousBytes>(_ message: Void) throws -> Bytes {
            Bytes([0x08, 0x01])
        }
    }
}
