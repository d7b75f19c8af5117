internal import Logging
internal import Model

/// Deletion. The shim's Delete takes the container away; its Shutdown is in the kernel's hands before the bundle goes,
/// so that a supervisor that dies at any point leaves either a bundle that names a shim or a shim about to end.
///
/// | step | a supervisor that dies after it leaves | the next one |
/// |---|---|---|
/// | 1 shim's Delete | a shim without a task | finds that State is not found, goes on with step 2 |
/// | 2 shim's Shutdown | a bundle whose shim ends | removes the bundle; exit and delete are announced if they were not |
/// | 3 bundle removed | nothing | - |
extension ManagedTask {
    /// - Parameter isShared: whether another task has the same shim, which then stays.
    func delete(isShared: Bool) async throws(Failure) -> TaskExit {
        switch phase {
        case .creating, .gone, .deleting: throw absence()
        case .dead: return await deleteDead()
        case .live: break
        }
        phase = .deleting
        let exit: TaskExit
        do throws(Failure) {
            exit = try await deleteInShim()
        } catch {
            phase = .live
            guard let shim, shim.process.hasEnded else { throw error }
            await die("the shim (pid \(shim.process.pid)) ended during delete")
            return await deleteDead()
        }
        await Failpoint.reach("tasks.delete.after-call")
        learn(exit, exec: "")
        await finishDelete(isShared: isShared)
        return processes[""]?.exit ?? exit
    }

    private func deleteInShim() async throws(Failure) -> TaskExit {
        do throws(Failure) {
            return try await client().delete(exec: "", deadline: deadlines.request)
        } catch {
            // An earlier attempt got that far and its answer was lost.
            if error.code == .notFound, let exit = processes[""]?.exit { return exit }
            if error.code == .unknown, let state = try? await state(exec: ""), state.status != .stopped {
                throw Failure(.failedPrecondition, "task \"\(key.id)\": \(error.message)", cause: error)
            }
            if error.code == .unavailable, let shim { _ = await shim.process.ended(within: .milliseconds(200)) }
            throw error
        }
    }

    /// Steps 2 and 3. Own shims end in the background, since nothing of theirs can be in a successor's way;
    /// third-party shims remove a socket of a fixed name as they end, which must come before its next use.
    func finishDelete(isShared: Bool) async {
        guard let shim else { return }
        try? await shim.client.shutdown(deadline: deadlines.shutdown)
        await Failpoint.reach("tasks.delete.after-shutdown")
        if record.program.kind == .stock, !isShared { await end(shim) }
        await removeBundle()
        await Failpoint.reach("tasks.delete.after-bundle")
        phase = .gone
        if record.program.kind == .berth {
            Task {
                await self.end(shim)
                self.announceEnd()
            }
        } else {
            announceEnd()
        }
    }

    private func deleteDead() async -> TaskExit {
        await cleanUp?.value
        phase = .gone
        await removeBundle()
        let now = Timestamp.now()
        return processes[""]?.exit ?? TaskExit(id: key.id, pid: record.pid, status: 137, exitedAt: now)
    }

    private func end(_ shim: Shim) async {
        if await !shim.process.ended(within: deadlines.shutdown) {
            logger.warning("shim does not end, killing it", metadata: ["pid": "\(shim.process.pid)"])
            shim.process.kill()
            _ = await shim.process.ended(within: deadlines.shutdown)
        }
        shim.client.channel.close()
        if self.shim === shim { self.shim = nil }
    }

    /// Says what the shim should have said before it ended, if it did not get to it.
    private func announceEnd() {
        announceExit()
        announceDelete()
    }
}
