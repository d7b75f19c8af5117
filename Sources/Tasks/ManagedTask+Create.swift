internal import Kernel
internal import Logging
internal import Model

/// Creation, in an order in which every crash can be told from the next:
///
/// | step | a supervisor that dies after it leaves | the next one |
/// |---|---|---|
/// | 1 directory | a bundle without a record | removes it |
/// | 2 record, `creating`, with program, socket and the spare shim if there is one | a bundle, and a spare that ends by itself | removes the bundle |
/// | 3 rootfs, config.json | the same | the same |
/// | 4 socket listens | the same and a dead socket | removes both |
/// | 5 shim assigned, or started | a shim that the record names, or does not | kills it by number, or by program and directory, has `delete` clean up, removes the bundle |
/// | 6 shim's Create answered | the same, with a container that nobody was told of | the same |
/// | 7 record, `created`, with pids | a created task | takes it over |
///
/// The record is replaced by rename, so that it is always the one of step 2 or of step 7. The client is answered after
/// step 7 only: what it was never told of does not survive.
extension ManagedTask {
    func create(_ request: TaskCreation) async throws(Failure) -> UInt32 {
        guard let spec = request.container.spec, !spec.value.isEmpty else {
            throw .invalid("container \"\(key.id)\": has no runtime spec")
        }
        do throws(Failure) {
            return try await create(request, spec: spec.value)
        } catch {
            // The caller may be gone already; what was made is removed all the same.
            await Task { await self.discard(after: error) }.value
            throw error
        }
    }

    private func create(_ request: TaskCreation, spec: [UInt8]) async throws(Failure) -> UInt32 {
        let options = request.options ?? request.container.runtime.options
        record.runtime = request.container.runtime.name
        record.boot = ProcessTable.bootID()
        record.io = request.io
        let shim = try await startShim(spec: spec, options: options)
        record.version = shim.client.version
        record.socket = shim.socket
        self.shim = shim
        let pid = try await shim.client.create(request, bundle: bundle.path, deadline: deadlines.setUp)
        await Failpoint.reach("tasks.create.after-call")
        try checkClient()

        record.isCreated = true
        record.shimPid = shim.process.pid
        record.shimStart = shim.process.startTime
        record.pid = pid
        record.pidStart = ProcessTable.startTime(of: Int32(bitPattern: pid)) ?? 0
        do {
            try bundle.write(record)
        } catch {
            throw Failure(.internal, "bundle \"\(bundle.path)\": cannot be written", cause: error)
        }
        await Failpoint.reach("tasks.create.after-record")
        try checkClient()
        remember(
            TaskProcess(containerID: key.id, id: key.id, pid: pid, status: .created, io: request.io), exec: "")
        phase = .live
        watchShim(shim.process)
        return pid
    }

    /// Makes the bundle and sees that a shim serves it.
    private func startShim(spec: [UInt8], options: TypedPayload?) async throws(Failure) -> Shim {
        guard record.program.kind == .berth else {
            try await makeBundle(spec)
            return try await launcher.startStock(record.program, key, bundle: bundle, options: options)
        }
        record.socket = launcher.newSocketPath()
        guard let spare = await launcher.spares.take() else {
            try await makeBundle(spec)
            return try await launcher.startOwn(record, key, bundle: bundle)
        }
        record.shimPid = spare.process.pid
        record.shimStart = spare.process.startTime
        do throws(Failure) {
            try await makeBundle(spec)
            return try await launcher.assign(spare, record, key, bundle: bundle)
        } catch {
            spare.dismiss()
            throw error
        }
    }

    private func makeBundle(_ spec: [UInt8]) async throws(Failure) {
        try bundle.make(spec: spec, record: record)
        await Failpoint.reach("tasks.create.after-bundle")
    }

    /// A task that nobody hears of would stay for good.
    private func checkClient() throws(Failure) {
        if Task.isCancelled { throw Failure(.cancelled, "task \"\(key.id)\": the client went away during create") }
    }

    /// Removes whatever a creation that failed has made.
    private func discard(after failure: Failure) async {
        if let shim {
            // A shim that refused has taken back what it made; one that was interrupted has not.
            let hasRefused = ![.unavailable, .deadlineExceeded, .cancelled].contains(failure.code)
            if !hasRefused, record.program.kind == .berth { shim.process.kill() }
            if !hasRefused || record.program.kind == .stock { await runCleanUpCommand() }
            if !shim.process.hasEnded { try? await shim.client.shutdown(deadline: deadlines.shutdown) }
            if shim.isOwn, await !shim.process.ended(within: deadlines.shutdown) {
                shim.process.kill()
                _ = await shim.process.ended(within: deadlines.shutdown)
            }
        } else if record.program.kind == .stock {
            await launcher.killUnrecorded(record.program, bundle: bundle)
            await runCleanUpCommand()
        }
        await removeBundle()
        phase = .gone
        shim?.client.channel.close()
        shim = nil
    }

    /// Removes what a creation that the supervisor did not live to finish has left. See the table above.
    func discardHalfMade() async {
        if record.boot == ProcessTable.bootID(),
            let shim = WatchedProcess(pid: record.shimPid, startTime: record.shimStart)
        {
            shim.kill()
            _ = await shim.ended(within: deadlines.shutdown)
        }
        await launcher.killUnrecorded(record.program, bundle: bundle)
        if record.boot == ProcessTable.bootID() { await runCleanUpCommand() }
        await removeBundle()
        phase = .gone
    }

    private func runCleanUpCommand() async {
        do {
            _ = try await launcher.cleanUp(record.program, key, bundle: bundle)
        } catch {
            // Without a container the command has nothing to do and some shims call that a failure.
            logger.debug("clean-up command failed", metadata: ["error": "\(error)"])
        }
    }

    /// Removes the bundle and the socket; the task's name can be used again.
    func removeBundle() async {
        do {
            try bundle.remove()
        } catch {
            logger.error("bundle cannot be removed", metadata: ["error": "\(error)", "path": "\(bundle.path)"])
        }
        if record.program.kind == .berth, !record.socket.isEmpty { removeSocket(record.socket) }
    }
}
