internal import Dispatch
internal import Kernel
internal import Synchronization

/// A shim's process, watched through its pidfd: its end is known at once, and its number can never be mistaken.
///
/// When the process is this one's child it is reaped as it ends.
final class WatchedProcess: Sendable {
    private struct State {
        var ended = false
        var exit: ExitStatus?
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    let pid: Int32
    /// With the pid it names a process for good, until the next boot.
    let startTime: UInt64

    private let descriptor: FileDescriptor
    /// Dispatch's objects may be used from any thread, which their types do not say yet.
    private nonisolated(unsafe) let source: any DispatchSourceRead
    private let state = Mutex(State())

    /// Watches process `pid` if it runs and, where given, began at `startTime`; nil when it is gone.
    init?(pid: Int32, startTime expected: UInt64? = nil) {
        guard pid > 0, let descriptor = try? openProcess(pid), let found = ProcessTable.startTime(of: pid),
            expected == nil || expected == found
        else { return nil }
        self.pid = pid
        startTime = found
        guard let watched = try? descriptor.duplicate().release() else { return nil }
        source = DispatchSource.makeReadSource(fileDescriptor: watched, queue: .global())
        self.descriptor = descriptor
        source.setEventHandler { [weak self] in self?.finish() }
        // Dispatch looks at its descriptor until it has cancelled the source.
        source.setCancelHandler { _ = FileDescriptor(owning: watched) }
        source.activate()
    }

    deinit {
        source.cancel()
    }

    var hasEnded: Bool { state.withLock { $0.ended } }

    /// How the process ended, when it was this process's child.
    var exit: ExitStatus? { state.withLock { $0.exit } }

    /// SIGKILL. A process that has ended is left alone.
    func kill() {
        try? sendSignal(9, to: descriptor.rawValue)
    }

    /// Suspends until the process has ended, or for at most `limit`.
    /// - Returns: whether it has ended.
    func ended(within limit: Duration) async -> Bool {
        if hasEnded { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await self.end()
                return true
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false || self.hasEnded
        }
    }

    /// Suspends until the process has ended or the task is cancelled.
    func end() async {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.ended || Task.isCancelled { return true }
                    state.waiters[waiter] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
        }
    }

    private func finish() {
        // ECHILD: another supervisor's child, adopted by init, which reaps it.
        let exit = try? reapProcessIfEnded(descriptor.rawValue)
        source.cancel()
        let waiters = state.withLock { state in
            state.ended = true
            state.exit = exit ?? nil
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }
}
