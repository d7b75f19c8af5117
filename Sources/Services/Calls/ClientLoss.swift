internal import GRPCCore

/// Runs `body`, cancelled when its client is gone or the server is about to end.
///
/// gRPC only says so, and lets the handler go on: right for what has to come to its end once begun, wrong for what
/// nobody wants any more.
func untilClientIsLost<Success: Sendable>(
    _ body: @escaping @Sendable () async throws -> Success
) async throws -> Success {
    let (loss, report) = AsyncStream.makeStream(of: Never.self)
    return try await withRPCCancellationHandler {
        // A group rather than a task by itself, which would not run where this one does.
        try await withThrowingTaskGroup(of: Success?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in loss {}
                return nil
            }
            defer { group.cancelAll() }
            if case .some(.some(let success)) = try await group.next() { return success }
            group.cancelAll()
            guard case .some(.some(let success)) = try await group.next() else { throw CancellationError() }
            return success
        }
    } onCancelRPC: {
        report.finish()
    }
}
