internal import GRPCCore

/// Runs `body` as a task that is cancelled when its client is gone or the server is about to end.
///
/// gRPC only says so, and lets the handler go on: right for what has to come to its end once begun, wrong for what
/// nobody wants any more.
func untilClientIsLost<Success: Sendable>(
    _ body: @escaping @Sendable () async throws -> Success
) async throws -> Success {
    let task = Task { try await body() }
    return try await withRPCCancellationHandler {
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    } onCancelRPC: {
        task.cancel()
    }
}
