package import GRPCCore
package import Logging
internal import Model

/// One line in the log for each call that failed: at `error` where the fault is ours, at `debug` where it is an
/// answer that clients expect, such as "not found".
package struct FaultLog: ServerInterceptor {
    private let logger: Logger

    package init(logger: Logger) {
        self.logger = logger
    }

    package func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        do {
            return try await next(request, context)
        } catch {
            log(error, request.metadata, context.descriptor)
            throw error
        }
    }

    private func log(_ error: any Error, _ metadata: Metadata, _ method: MethodDescriptor) {
        let level: Logger.Level =
            switch (error as? Failure)?.code {
            case .internal, .unknown, .dataLoss, .resourceExhausted: .error
            case .some: .debug
            case nil: error is CancellationError ? .debug : .error
            }
        guard level >= logger.logLevel else { return }
        logger.log(
            level: level, "request failed",
            metadata: [
                "method": "\(method)",
                "namespace": "\((try? metadata.namespace()) ?? "")",
                "error": "\(error)",
            ])
    }
}
