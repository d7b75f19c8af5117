internal import Dispatch
internal import Glibc
internal import Model
internal import Synchronization

/// Makes commits survive power loss: a grouped fdatasync(2) of SQLite's write-ahead log.
///
/// With `synchronous=NORMAL` a commit has written its frames to the log, but not synced them. Whoever needs more
/// waits here. One sync serves all who were waiting when it began; those who come while it runs share the next one.
///
/// Why syncing the log is enough, also beside checkpoints. A commit's frames are in the log when the wait begins, and
/// then one of two things holds when the sync begins:
/// - The log still has them. Frames before them in the log, and the header, are synced with them, so recovery finds an
///   unbroken chain of checksums up to the commit.
/// - The log has been reset since. SQLite resets it only after a checkpoint that copied every frame, and that
///   checkpoint synced first the log, then the database. The commit was durable before it left the log. The reset
///   itself writes a header with new salts and syncs it before new frames, so old frames cannot come back.
///
/// The log's directory entry is synced once, when the database is opened; SQLite keeps the file until the last
/// connection closes. Closing this descriptor does not disturb SQLite's locks: they are on other files.
final class LogSync: Sendable {
    private struct State {
        var isRunning = false
        var waiting: [CheckedContinuation<Failure?, Never>] = []
        /// After a failed sync the kernel forgets which pages were not written; nothing later can be trusted.
        var failure: Failure?
    }

    private let path: String
    private let descriptor: Int32
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "metadata.sync")

    /// - Parameter path: the log's, which exists.
    init(path: String) throws(Failure) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.internal, "metadata log \"\(path)\": cannot open: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Returns when every commit made before the call is durable. Throws `dataLoss` once the disk has failed.
    func wait() async throws(Failure) {
        let failure: Failure? = await withCheckedContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append(continuation)
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if isFirst { queue.async { self.run() } }
        }
        if let failure { throw failure }
    }

    private func run() {
        while true {
            let (batch, earlier) = state.withLock { state in
                defer { state.waiting = [] }
                state.isRunning = !state.waiting.isEmpty
                return (state.waiting, state.failure)
            }
            guard !batch.isEmpty else { return }
            let failure = earlier ?? sync()
            if earlier == nil, failure != nil { state.withLock { $0.failure = failure } }
            for waiter in batch { waiter.resume(returning: failure) }
        }
    }

    private func sync() -> Failure? {
        while fdatasync(descriptor) != 0 {
            let code = errno
            guard code == EINTR else {
                return Failure(
                    .dataLoss,
                    "metadata log \"\(path)\": cannot be made durable: \(String(cString: strerror(code)));"
                        + " check the disk, then restart")
            }
        }
        return nil
    }
}
