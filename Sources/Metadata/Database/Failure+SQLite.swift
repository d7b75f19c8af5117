internal import GRDB
internal import Model

extension Failure {
    /// What an error of SQLite means to whoever used the database `path`.
    init(_ error: any Error, path: String) {
        if let failure = error as? Failure {
            self = failure
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.internal, "metadata \"\(path)\": \(error)", cause: error)
            return
        }
        let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.resourceExhausted, "metadata \"\(path)\": no space left on the disk; free some", cause: error)
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
            self.init(.resourceExhausted, "metadata \"\(path)\": no space left on the disk; free some", cause: error)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .dataLoss, "metadata \"\(path)\": damaged (\(detail)); restore it from a backup or move it away",
                cause: error)
        case .SQLITE_READONLY, .SQLITE_PERM:
            self.init(
                .permissionDenied, "metadata \"\(path)\": not writable (\(detail)); make the file and its directory so",
                cause: error)
        case .SQLITE_CANTOPEN:
            self.init(
                .failedPrecondition,
                "metadata \"\(path)\": cannot be opened; its directory must exist and be writable", cause: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .unavailable, "metadata \"\(path)\": in use by another process; is another supervisor running?",
                cause: error)
        default:
            self.init(.internal, "metadata \"\(path)\": \(detail)", cause: error)
        }
    }

    /// Whether more room on the disk would help.
    var isDiskFull: Bool { code == .resourceExhausted && cause is DatabaseError }
}
