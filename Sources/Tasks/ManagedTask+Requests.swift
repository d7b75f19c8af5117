internal import Logging
internal import Model

/// Requests that are the shim's to answer.
extension ManagedTask {
    func start(exec: String) async throws(Failure) -> UInt32 {
        let pid = try await client().start(exec: exec, deadline: deadlines.setUp)
        await Failpoint.reach(exec.isEmpty ? "tasks.start.after-call" : "tasks.exec.after-start")
        let id = exec.isEmpty ? key.id : exec
        var process =
            processes[exec]?.last
            ?? TaskProcess(containerID: key.id, id: id, pid: pid, status: .running, io: TaskIO())
        process.pid = pid
        if processes[exec]?.exit == nil { process.status = .running }
        processes[exec, default: KnownProcess(last: process)].last = process
        return pid
    }

    func deleteProcess(exec: String) async throws(Failure) -> TaskExit {
        let exit = try await client().delete(exec: exec, deadline: deadlines.request)
        await Failpoint.reach("tasks.exec.after-delete")
        learn(exit, exec: exec)
        processes[exec] = nil
        return exit
    }

    func state(exec: String) async throws(Failure) -> TaskProcess {
        if phase == .dead || phase == .creating || phase == .gone { return try lastState(exec: exec) }
        do throws(Failure) {
            let state = try await client().state(exec: exec, deadline: deadlines.request)
            remember(state, exec: exec)
            return state
        } catch {
            // The shim died under the question.
            if phase == .dead { return try lastState(exec: exec) }
            throw error
        }
    }

    /// The init's state for a list: asked for in a bounded time, else the last one known. Nil when there is none.
    func summary() async -> TaskProcess? {
        switch phase {
        case .creating, .gone: return nil
        case .dead: return processes[""]?.last
        case .live, .deleting: break
        }
        do throws(Failure) {
            let state = try await client().state(exec: "", deadline: deadlines.probe)
            remember(state, exec: "")
            return state
        } catch {
            if error.code == .notFound { return nil }
            logger.debug("state cannot be asked for", metadata: ["error": "\(error)"])
            return processes[""]?.last
        }
    }

    private func lastState(exec: String) throws(Failure) -> TaskProcess {
        guard phase == .dead, let known = processes[exec] else {
            throw .notFound("process", exec.isEmpty ? key.id : exec)
        }
        return known.last
    }

    func kill(exec: String, signal: UInt32, all: Bool) async throws(Failure) {
        try await client().kill(exec: exec, signal: signal, all: all, deadline: deadlines.request)
    }

    func exec(_ request: ExecCreation) async throws(Failure) {
        try await client().exec(request, deadline: deadlines.request)
        await Failpoint.reach("tasks.exec.after-call")
        let process = TaskProcess(containerID: key.id, id: request.exec, pid: 0, status: .created, io: request.io)
        // Somebody may wait for it already; an exit would be an earlier process's of the same name.
        var known = processes[request.exec] ?? KnownProcess(last: process)
        (known.last, known.exit, known.isExitAnnounced) = (process, nil, false)
        processes[request.exec] = known
    }

    func resize(exec: String, width: UInt32, height: UInt32) async throws(Failure) {
        try await client().resize(exec: exec, width: width, height: height, deadline: deadlines.request)
    }

    func closeInput(exec: String) async throws(Failure) {
        try await client().closeInput(exec: exec, deadline: deadlines.request)
    }

    func pause() async throws(Failure) {
        try await client().pause(deadline: deadlines.request)
        if processes[""]?.exit == nil { processes[""]?.last.status = .paused }
    }

    func resume() async throws(Failure) {
        try await client().resume(deadline: deadlines.request)
        if processes[""]?.exit == nil { processes[""]?.last.status = .running }
    }

    func pids() async throws(Failure) -> [TaskPid] {
        try await client().pids(deadline: deadlines.request)
    }

    func checkpoint(path: String, options: TypedPayload?) async throws(Failure) {
        try await client().checkpoint(path: path, options: options, deadline: deadlines.setUp)
    }

    func update(resources: TypedPayload, annotations: [String: String]) async throws(Failure) {
        try await client().update(resources: resources, annotations: annotations, deadline: deadlines.request)
    }

    func metrics() async throws(Failure) -> TypedPayload {
        try await client().metrics(deadline: deadlines.request)
    }
}
