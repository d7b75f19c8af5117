internal import GRPCCore

/// Decides which calls are handled on the event loop's own thread, and which on a thread of the pool.
///
/// A handler that only looks at records or talks to a shim is done sooner than another thread wakes up. One that moves
/// bytes, walks a tree or may be slow for any other reason would hold up every other client. What is not known to be
/// small is taken for large.
struct CallPlacement: ServerInterceptor {
    /// The services whose calls are small, each with the methods that are not.
    private static let small: [String: Set<String>] = [
        "containerd.services.containers.v1.Containers": ["List", "ListStream"],
        // A read that is not small goes elsewhere by itself.
        "containerd.services.content.v1.Content": [
            "Update", "List", "Delete", "Status", "ListStatuses", "Write", "Abort",
        ],
        "containerd.services.events.v1.Events": [],
        "containerd.services.images.v1.Images": ["List", "Delete"],
        "containerd.services.introspection.v1.Introspection": [],
        "containerd.services.leases.v1.Leases": ["List", "Delete"],
        "containerd.services.namespaces.v1.Namespaces": ["List", "Delete"],
        "containerd.services.snapshots.v1.Snapshots": ["List", "Commit", "Usage", "Cleanup"],
        "containerd.services.tasks.v1.Tasks": ["List", "Metrics", "Checkpoint"],
        "containerd.services.version.v1.Version": [],
        "grpc.health.v1.Health": [],
    ]

    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        guard Self.isLarge(context.descriptor) else { return try await next(request, context) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            var response = try await next(request, context)
            // What a handler leaves to be streamed is done after it has returned.
            if case .success(var contents) = response.accepted {
                let producer = contents.producer
                contents.producer = { writer in
                    try await withTaskExecutorPreference(globalConcurrentExecutor) { try await producer(writer) }
                }
                response.accepted = .success(contents)
            }
            return response
        }
    }

    private static func isLarge(_ method: MethodDescriptor) -> Bool {
        small[method.service.fullyQualifiedService]?.contains(method.method) ?? true
    }
}
