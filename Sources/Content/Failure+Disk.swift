internal import Kernel
internal import Model

extension Failure {
    /// A failed system call as clients see it: a full disk is `resourceExhausted`, missing rights
    /// `permissionDenied`, all else `internal`.
    static func disk(_ error: SystemCallError, _ doing: String) -> Failure {
        switch error.errno {
        case .noSpace, .quotaExceeded:
            Failure(
                .resourceExhausted, "\(doing): the disk is full (\(error.errno)); free some space and retry",
                cause: error)
        case .notPermitted, .accessDenied, .readOnlyFilesystem:
            Failure(.permissionDenied, "\(doing): \(error.errno)", cause: error)
        default:
            Failure(.internal, "\(doing): \(error.errno)", cause: error)
        }
    }
}

/// Runs `body` and says what was being done when a system call in it fails.
func disk<Value: ~Copyable>(
    _ doing: @autoclosure () -> String, _ body: () throws(SystemCallError) -> Value
) throws(Failure) -> Value {
    do throws(SystemCallError) {
        return try body()
    } catch {
        throw .disk(error, doing())
    }
}
