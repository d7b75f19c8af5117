internal import Logging
internal import Model

/// Taking over a task that an earlier life of the supervisor made.
extension ManagedTask {
    /// - Returns: whether there is a task to be kept.
    func recover() async -> Bool {
        guard record.isCreated else {
            logger.info("removing a task that was never created to its end")
            await discardHalfMade()
            return false
        }
        let last = TaskProcess(containerID: key.id, id: key.id, pid: record.pid, status: .unknown, io: record.io)
        processes[""] = KnownProcess(last: last)
        if let exit = record.exit {
            learn(exit, exec: "")
            processes[""]?.isExitAnnounced = true
        }
        if !record.deathReason.isEmpty {
            phase = .dead
            isDeleteAnnounced = true
            return true
        }
        guard record.boot == ProcessTable.bootID() else {
            await die("the machine was restarted")
            return true
        }
        guard let process = WatchedProcess(pid: record.shimPid, startTime: record.shimStart) else {
            await die("the shim (pid \(record.shimPid)) ended while no supervisor ran")
            return true
        }
        return await adopt(process)
    }

    private func adopt(_ process: WatchedProcess) async -> Bool {
        let client: TaskClient
        do throws(Failure) {
            let channel = try await ShimChannel.connect(
                path: record.socket, peer: Shim.name(key), group: launcher.group)
            client = TaskClient(channel: channel, version: record.version, key: key)
        } catch {
            // It is about to end, as its last delete asked it to, or is of no use to anybody.
            if await !process.ended(within: deadlines.shutdown) {
                logger.error("shim does not listen, killing it", metadata: ["error": "\(error)"])
                process.kill()
                _ = await process.ended(within: deadlines.shutdown)
            }
            await die("the shim (pid \(process.pid)) could not be reached")
            return true
        }
        shim = Shim(process: process, client: client, socket: record.socket)
        phase = .live
        do throws(Failure) {
            remember(try await client.state(exec: "", deadline: deadlines.probe), exec: "")
        } catch {
            if error.code == .notFound {
                logger.info("finishing a delete")
                phase = .deleting
                await finishDelete(isShared: false)
                return false
            }
            // It may be stopped for a while; requests to it have their own deadlines.
            logger.warning("shim does not answer", metadata: ["error": "\(error)"])
        }
        watchShim(process)
        announceMissedExit()
        return true
    }

    /// A shim delivers what it could not while no supervisor ran, in order. One that has lost the exit in between does
    /// not: then it is announced here.
    private func announceMissedExit() {
        guard processes[""]?.exit != nil, processes[""]?.isExitAnnounced == false else { return }
        let grace: Duration = record.program.kind == .berth ? .seconds(5) : .seconds(1)
        Task { [weak self] in
            try? await Task.sleep(for: grace)
            await self?.announceRecovered()
        }
    }

    private func announceRecovered() {
        guard phase == .live || phase == .dead else { return }
        announceExit()
        recordExit()
    }
}
