package import GRPCCore
package import Model

/// The one place where a failure becomes a gRPC status. Errors that are no `Failure` become `unknown`.
extension Failure: RPCErrorConvertible {
    package var rpcErrorCode: RPCError.Code {
        switch code {
        case .cancelled: .cancelled
        case .unknown: .unknown
        case .invalidArgument: .invalidArgument
        case .deadlineExceeded: .deadlineExceeded
        case .notFound: .notFound
        case .alreadyExists: .alreadyExists
        case .permissionDenied: .permissionDenied
        case .resourceExhausted: .resourceExhausted
        case .failedPrecondition: .failedPrecondition
        case .aborted: .aborted
        case .outOfRange: .outOfRange
        case .unimplemented: .unimplemented
        case .internal: .internalError
        case .unavailable: .unavailable
        case .dataLoss: .dataLoss
        case .unauthenticated: .unauthenticated
        }
    }

    /// With the cause: a client is often the only one to see it, and the socket is root's.
    package var rpcErrorMessage: String { description }
}
