internal import Kernel
internal import Libcontainer
internal import TTRPC

/// Where the errors of the rooms below become what a client is told.
extension Status {
    init(_ step: String, _ error: SystemCallError) {
        let code: StatusCode =
            switch error.errno {
            case .noSuchFile: .notFound
            case .exists: .alreadyExists
            case .invalidArgument, .nameTooLong, .notDirectory: .invalidArgument
            case .notPermitted, .accessDenied: .permissionDenied
            case .noSpace, .quotaExceeded, .noMemory, .tooManyOpenFiles, .fileTableFull: .resourceExhausted
            default: .internal
            }
        self.init(code, "\(step): \(error)")
    }

    init(_ error: ContainerError) {
        let code: StatusCode =
            switch error.code {
            case .invalidArgument: .invalidArgument
            case .notFound: .notFound
            case .alreadyExists: .alreadyExists
            case .permissionDenied: .permissionDenied
            case .failedPrecondition: .failedPrecondition
            case .resourceExhausted: .resourceExhausted
            case .unimplemented: .unimplemented
            case .unavailable: .unavailable
            case .internal: .internal
            }
        self.init(code, error.message)
    }
}
