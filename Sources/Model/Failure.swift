/// The one error of the supervisor's rooms: a code that every edge can translate, and a message for a person.
///
/// The message is lower case, has no full stop, names the object in double quotes and says what was expected or
/// what to do. `Services` turns a failure into a gRPC status, `Commands` into text and an exit status; nobody else
/// converts it.
package struct Failure: Error, Sendable {
    /// The gRPC codes that containerd's API uses, with gRPC's numbers.
    package enum Code: Int, Sendable, CaseIterable {
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16
    }

    package let code: Code
    package let message: String
    /// What led to this failure, for the log.
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension Failure: CustomStringConvertible {
    package var description: String {
        guard let cause else { return message }
        return "\(message): \(cause)"
    }
}

extension Failure {
    package static func notFound(_ kind: String, _ name: String) -> Failure {
        Failure(.notFound, "\(kind) \"\(name)\": not found")
    }

    package static func alreadyExists(_ kind: String, _ name: String) -> Failure {
        Failure(.alreadyExists, "\(kind) \"\(name)\": already exists")
    }

    package static func invalid(_ message: String) -> Failure {
        Failure(.invalidArgument, message)
    }
}
