internal import Logging
internal import Model

extension ShimTaskRuntime {
    /// How many bundles are looked at together: a shim that does not answer holds up its own place only.
    private static var concurrentRecoveries: Int { 64 }

    /// Takes over every task that an earlier life of the supervisor left, and removes what it left half-made.
    ///
    /// Bounded: a shim that does not answer is kept with its state unknown, a dead one is cleaned up after.
    package func recover() async {
        var remaining = TaskBundle.all(launcher.configuration)[...]
        await withTaskGroup(of: ManagedTask?.self) { group in
            for _ in 0..<Self.concurrentRecoveries {
                guard let key = remaining.popFirst() else { break }
                group.addTask { await self.recover(key) }
            }
            while let result = await group.next() {
                if let task = result { tasks[task.key] = task }
                if let key = remaining.popFirst() { group.addTask { await self.recover(key) } }
            }
        }
        removeUnusedSockets()
        await launcher.spares.fill()
        if !tasks.isEmpty { logger.info("tasks recovered", metadata: ["count": "\(tasks.count)"]) }
    }

    private nonisolated func recover(_ key: TaskKey) async -> ManagedTask? {
        let bundle = TaskBundle(key, launcher.configuration)
        let own = ShimProgram(kind: .berth, path: launcher.configuration.shimProgram)
        // Without a record nothing was started yet; the program does not matter.
        let record = bundle.readRecord() ?? TaskRecord(program: own)
        let task = ManagedTask(
            key, phase: .creating, record: record, launcher: launcher, events: events, logger: logger)
        return await task.recover() ? task : nil
    }

    /// Sockets that no task's record names: of creations that did not come to their record's second form, and of
    /// deletions that removed the bundle first.
    private func removeUnusedSockets() {
        SocketDirectory(path: launcher.configuration.socketDirectory).removeDead()
    }
}
