internal import Kernel
internal import Model

extension Failure {
    /// A failed system call as clients see it: a full disk is `resourceExhausted`, missing rights
    /// `permissionDenied`, all else `internal`.
    static func disk(_ error: SystemCallError, _ doing: String) -> Failure {
        let what = error.object.map { "\(error.errno) at \"\($0)\"" } ?? "\(error.errno)"
        return switch error.errno {
        case .noSpace, .quotaExceeded:
            Failure(.resourceExhausted, "\(doing): the disk is full (\(what)); free some space and retry", cause: error)
        case .notPermitted, .accessDenied, .readOnlyFilesystem:
            Failure(.permissionDenied, "\(doing): \(what)", cause: error)
        default:
            Failure(.internal, "\(doing): \(what)", cause: error)
        }
    }
}
