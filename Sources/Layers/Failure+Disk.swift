internal import Kernel
internal import Model

extension Failure {
    /// A failed system call as clients see it: a full disk is `resourceExhausted`, missing rights
    /// `permissionDenied`, a name that the file system cannot hold `failedPrecondition`, all else `internal`.
    static func disk(_ error: SystemCallError, _ doing: String) -> Failure {
        let what = error.object.map { "\(error.errno) at \"\($0)\"" } ?? "\(error.errno)"
        return switch error.errno {
        case .noSpace, .quotaExceeded:
            Failure(.resourceExhausted, "\(doing): the disk is full (\(what)); free some space and retry", cause: error)
        case .notPermitted, .accessDenied, .readOnlyFilesystem:
            Failure(.permissionDenied, "\(doing): \(what)", cause: error)
        case .nameTooLong, .tooManyLinks, .notDirectory, .noSuchFile:
            Failure(.failedPrecondition, "\(doing): \(what)", cause: error)
        default:
            Failure(.internal, "\(doing): \(what)", cause: error)
        }
    }

    /// Data that is not what it claims to be.
    static func malformed(_ message: String) -> Failure { Failure(.failedPrecondition, message) }

    /// Data that ends too early or does not pass its checksum.
    static func damaged(_ message: String) -> Failure { Failure(.dataLoss, message) }
}

extension [UInt8] {
    /// For messages: text as far as it is text, shortened.
    var quoted: String {
        let text = String(decoding: prefix(200), as: UTF8.self)
        return "\"\(count > 200 ? text + "…" : text)\""
    }
}
