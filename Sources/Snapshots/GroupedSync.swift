internal import Kernel
internal import Model
internal import Synchronization

/// syncfs(2) for many at once: who comes while one is running waits for the next, which then serves all who wait.
final class GroupedSync: Sendable {
    private typealias Waiter = CheckedContinuation<SystemCallError?, Never>

    private struct State {
        var isRunning = false
        var waiting: [Waiter] = []
    }

    private let directory: SnapshotDirectory
    private let state = Mutex(State())

    init(_ directory: SnapshotDirectory) {
        self.directory = directory
    }

    /// All that was written to the directory's file system before the call is on the disk when it returns.
    func wait() async throws(Failure) {
        let failure: SystemCallError? = await withCheckedContinuation { continuation in
            let starts = state.withLock { state in
                state.waiting.append(continuation)
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if starts { Task { await self.run() } }
        }
        if let failure { throw .disk(failure, "snapshot directory \"\(directory.path)\"") }
    }

    private func run() async {
        while true {
            let served = state.withLock { state in
                let served = state.waiting
                state.waiting = []
                if served.isEmpty { state.isRunning = false }
                return served
            }
            if served.isEmpty { return }
            let directory = directory
            var failure: SystemCallError?
            do throws(Failure) {
                failure = try await blocking { () throws(Failure) in
                    do throws(SystemCallError) {
                        try directory.root.synchronizeFileSystem()
                        return nil
                    } catch {
                        return error
                    }
                }
            } catch {}
            for waiter in served { waiter.resume(returning: failure) }
        }
    }
}
