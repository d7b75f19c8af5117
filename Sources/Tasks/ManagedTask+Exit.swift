internal import Glibc
internal import Kernel
internal import Logging
internal import Model

/// Exits: learned from the shim's Wait, its State or its events, announced once.
///
/// An exit is announced (to subscribers, who are in memory), then recorded (in the bundle), then acknowledged to
/// the shim. A supervisor that dies between the first two announces it again in its next life, to subscribers that
/// are new as well; one that dies later does not.
extension ManagedTask {
    func wait(exec: String) async throws(Failure) -> TaskExit {
        if let exit = processes[exec]?.exit { return exit }
        switch phase {
        case .live, .deleting: break
        case .dead where exec.isEmpty || processes[exec] != nil: break
        case .creating, .dead, .gone: throw absence()
        }
        nextWaiter += 1
        let waiter = nextWaiter
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enlist(continuation, as: waiter, exec: exec)
            }
        } onCancel: {
            Task { await self.dismiss(waiter, exec: exec) }
        }
        return try result.get()
    }

    private func enlist(
        _ continuation: CheckedContinuation<Result<TaskExit, Failure>, Never>, as waiter: Int, exec: String
    ) {
        if Task.isCancelled {
            continuation.resume(returning: .failure(Failure(.cancelled, "task \"\(key.id)\": wait was cancelled")))
            return
        }
        let blank = TaskProcess(
            containerID: key.id, id: exec.isEmpty ? key.id : exec, pid: 0, status: .unknown, io: TaskIO())
        processes[exec, default: KnownProcess(last: blank)].waiters[waiter] = continuation
        guard processes[exec]?.watch == nil, phase != .dead else { return }
        processes[exec]?.watch = Task { [weak self] in await self?.watch(exec) }
    }

    private func dismiss(_ waiter: Int, exec: String) {
        guard let continuation = processes[exec]?.waiters.removeValue(forKey: waiter) else { return }
        continuation.resume(returning: .failure(Failure(.cancelled, "task \"\(key.id)\": wait was cancelled")))
        guard processes[exec]?.waiters.isEmpty == true else { return }
        processes[exec]?.watch?.cancel()
        processes[exec]?.watch = nil
        forgetUnknown(exec)
    }

    /// Clients may wait for any name: one that no process has is not kept.
    private func forgetUnknown(_ exec: String) {
        guard let process = processes[exec], process.exit == nil, process.last.status == .unknown, !exec.isEmpty else {
            return
        }
        processes[exec] = nil
    }

    /// Holds the shim's Wait until it answers. A lost connection to a shim that lives is opened again; the end of a
    /// shim is `shimEnded`'s to tell.
    private func watch(_ exec: String) async {
        while !Task.isCancelled {
            do throws(Failure) {
                let (status, at) = try await client().wait(exec: exec)
                let pid = processes[exec]?.last.pid ?? 0
                learn(
                    TaskExit(
                        id: exec.isEmpty ? key.id : exec, pid: exec.isEmpty ? record.pid : pid, status: status,
                        exitedAt: at), exec: exec)
                return
            } catch {
                // After a dead shim it is the clean-up that knows the exit.
                if Task.isCancelled || phase == .dead { return }
                if error.code == .unavailable, let shim {
                    if shim.process.hasEnded { return }
                    try? await Task.sleep(for: .milliseconds(100))
                    continue
                }
                refuseWaiters(of: exec, error)
                return
            }
        }
    }

    private func refuseWaiters(of exec: String, _ failure: Failure) {
        guard let waiters = processes[exec]?.waiters else { return }
        processes[exec]?.waiters = [:]
        processes[exec]?.watch = nil
        for waiter in waiters.values { waiter.resume(returning: .failure(failure)) }
        forgetUnknown(exec)
    }

    /// Whether an exit that the shim announces is news for subscribers.
    func admit(_ exit: TaskExit, exec: String) -> Bool {
        learn(exit, exec: exec)
        guard processes[exec]?.isExitAnnounced == false else { return false }
        processes[exec]?.isExitAnnounced = true
        return true
    }

    /// Whether the shim's word that the task is deleted is news for subscribers.
    func admitDelete() -> Bool {
        defer { isDeleteAnnounced = true }
        return !isDeleteAnnounced
    }

    /// Announces the init's exit in the shim's place, if it has not been announced.
    func announceExit() {
        guard let exit = processes[""]?.exit, admit(exit, exec: "") else { return }
        events.publish(
            .taskExited(
                containerID: key.id, id: key.id, pid: exit.pid, status: exit.status, at: exit.exitedAt),
            namespace: key.namespace)
    }

    /// As `announceExit`, for the task's end.
    func announceDelete() {
        guard let exit = processes[""]?.exit, admitDelete() else { return }
        events.publish(
            .taskDeleted(
                containerID: key.id, id: "", pid: exit.pid, status: exit.status, at: exit.exitedAt),
            namespace: key.namespace)
    }

    /// Records that the init's exit has been announced.
    func recordExit() {
        guard phase == .live || phase == .dead, record.exit == nil, let exit = processes[""]?.exit else { return }
        record.exit = exit
        do {
            try bundle.write(record)
        } catch {
            logger.error("exit cannot be recorded", metadata: ["error": "\(error)"])
        }
        Failpoint.reach("tasks.exit.after-record")
    }
}
