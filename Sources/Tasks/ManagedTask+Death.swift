internal import Glibc
internal import Kernel
internal import Logging
internal import Model

/// What happens when a shim ends that nobody asked to: its container's processes are ended, its mounts and cgroup are
/// taken away, and the task stays, stopped, with the reason, until a client deletes it.
///
/// The exit is the one the shim reported while it could; else it is what the clean-up found, 137 for processes that
/// were killed with their shim. Subscribers get exit and delete, as from containerd, which forgets the task then.
extension ManagedTask {
    /// Watches the shim's process; its end is noticed at once.
    func watchShim(_ process: WatchedProcess) {
        Task { [weak self] in
            await process.end()
            await self?.shimEnded(process)
        }
    }

    private func shimEnded(_ process: WatchedProcess) async {
        guard phase == .live, shim?.process === process else { return }
        await die("the shim (pid \(process.pid)) ended unexpectedly")
    }

    /// Takes the task from live to dead.
    func die(_ reason: String) async {
        if phase == .dead {
            await cleanUp?.value
            return
        }
        phase = .dead
        logger.warning("shim is gone, ending its container", metadata: ["reason": "\(reason)"])
        let work = Task { await self.cleanUpAfterShim(reason) }
        cleanUp = work
        await work.value
    }

    private func cleanUpAfterShim(_ reason: String) async {
        shim?.client.channel.close()
        let isThisBoot = record.boot == ProcessTable.bootID()
        var found: (pid: UInt32, status: UInt32, at: Timestamp)?
        if isThisBoot {
            do {
                found = try await launcher.cleanUp(record.program, key, bundle: bundle)
            } catch {
                logger.error("clean-up command failed", metadata: ["error": "\(error)"])
            }
            await killInit()
            bundle.unmountRootfs()
        }
        await Failpoint.reach("tasks.death.after-cleanup")
        shim = nil
        record.deathReason = reason
        if record.exit != nil { processes[""]?.isExitAnnounced = true }
        learn(
            TaskExit(
                id: key.id, pid: record.pid, status: found.map { $0.status == 0 ? 137 : $0.status } ?? 137,
                exitedAt: found?.at ?? .now()), exec: "")
        for (exec, process) in processes where !exec.isEmpty && process.exit == nil {
            learn(
                TaskExit(id: exec, pid: process.last.pid, status: 137, exitedAt: .now()), exec: exec)
        }
        announceExit()
        announceDelete()
        do {
            record.exit = processes[""]?.exit
            try bundle.write(record)
        } catch {
            logger.error("the task's end cannot be recorded", metadata: ["error": "\(error)"])
        }
        await Failpoint.reach("tasks.death.after-record")
    }

    /// Kills the container's init if it is still there, and with it all of its pid namespace.
    private func killInit() async {
        guard record.pidStart != 0,
            let process = WatchedProcess(pid: Int32(bitPattern: record.pid), startTime: record.pidStart)
        else { return }
        process.kill()
        if await !process.ended(within: deadlines.shutdown) {
            logger.error("init does not end", metadata: ["pid": "\(record.pid)"])
        }
    }

    func removeSocket(_ path: String) {
        unlink(path)
    }
}
