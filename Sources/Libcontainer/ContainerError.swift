internal import Cgroups
package import Kernel

/// What `Libcontainer` throws: a code aligned with gRPC's, and a message that names the step, the object and the
/// kernel's answer. Converted to a ttrpc status or an exit code once, at the edge of the process.
package struct ContainerError: Error, Sendable {
    package enum Code: Sendable {
        case invalidArgument
        case notFound
        case alreadyExists
        case permissionDenied
        case failedPrecondition
        case resourceExhausted
        case unimplemented
        case unavailable
        case `internal`
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// A call that failed while doing `step`, with the code that fits the kernel's answer.
    package init(_ step: String, _ error: SystemCallError) {
        self.init(Code(error.errno), "\(step): \(error)")
    }

    init(_ step: String, _ error: CgroupError) {
        let code: Code =
            switch error {
            case .invalid: .invalidArgument
            case .unsupported, .state: .failedPrecondition
            case .system(let error, _): Code(error.errno)
            }
        self.init(code == .alreadyExists || code == .notFound ? .failedPrecondition : code, "\(step): \(error)")
    }
}

extension ContainerError {
    /// The same, with the container in its message: most steps know only their own object.
    func naming(_ id: String) -> ContainerError {
        message.hasPrefix("container ") ? self : ContainerError(code, "container \"\(id)\": \(message)")
    }
}

extension ContainerError: CustomStringConvertible {
    package var description: String { message }
}

extension ContainerError.Code {
    init(_ errno: Errno) {
        switch errno {
        case .noSuchFile: self = .notFound
        case .exists: self = .alreadyExists
        case .notPermitted, .accessDenied: self = .permissionDenied
        case .noSpace, .quotaExceeded, .tryAgain, .noMemory, .tooManyOpenFiles, .fileTableFull:
            self = .resourceExhausted
        case .invalidArgument, .notDirectory, .tooManyLinks, .nameTooLong: self = .invalidArgument
        case .noSuchProcess: self = .failedPrecondition
        case .notImplemented, .notSupported: self = .unimplemented
        default: self = .internal
        }
    }
}
