internal import Glibc

/// Room on the disk that is given up when it is full, so that records can still be deleted.
///
/// SQLite needs room for that too: the log grows with every change until a checkpoint, and a checkpoint may grow the
/// database. The reserve is a file beside the database; it is taken again by a later checkpoint, once there is room.
/// A crash leaves the file or none, both of which the next start takes as they are.
struct DiskReserve: Sendable {
    /// Bytes: more than what the log usually holds between two checkpoints.
    private static let size = off_t(2 << 20)

    let path: String

    /// Takes the room if it is there to take.
    func take() {
        guard access(path, F_OK) != 0 else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if posix_fallocate(descriptor, 0, Self.size) != 0 { unlink(path) }
    }

    func release() {
        unlink(path)
    }
}
