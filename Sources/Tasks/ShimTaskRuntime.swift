package import Logging
package import Model
package import NIOCore

/// Tasks, each in a shim that outlives the supervisor.
///
/// Call `recover()` before the first request and before shims can announce events.
package actor ShimTaskRuntime {
    let launcher: ShimLauncher
    let events: any EventSink
    let logger: Logger

    var tasks: [TaskKey: ManagedTask] = [:]
    /// Tasks that were deleted lately: their shims may still announce what was announced for them.
    var departed = DepartedTasks()
    var recent = RecentEnvelopes()

    /// - Parameter group: carries the connections to shims; the caller shuts it down.
    /// - Throws: `invalidArgument` when the shims' sockets could not have paths that fit in an address, `internal`
    ///   when the directories cannot be made.
    package init(
        configuration: TaskRuntimeConfiguration, events: any EventSink, group: any EventLoopGroup, logger: Logger
    ) throws(Failure) {
        let longest = configuration.socketDirectory.utf8.count + 1 + 32
        guard longest <= ListeningSocket.maximumPath else {
            throw .invalid(
                "socket directory \"\(configuration.socketDirectory)\": paths below it would have \(longest) bytes, "
                    + "at most \(ListeningSocket.maximumPath) fit in a socket's address")
        }
        do {
            try TaskBundle.makeDirectories(TaskBundle.root(configuration))
            try TaskBundle.makeDirectories(configuration.socketDirectory)
        } catch {
            throw Failure(
                .internal, "state directory \"\(configuration.stateDirectory)\": cannot be used", cause: error)
        }
        self.events = events
        self.logger = logger
        launcher = ShimLauncher(configuration: configuration, group: group, logger: logger)
    }

    func task(_ id: String, _ namespace: String) throws(Failure) -> ManagedTask {
        guard let task = tasks[TaskKey(namespace: namespace, id: id)] else { throw .notFound("task", id) }
        return task
    }
}

extension ShimTaskRuntime: TaskRuntime {
    package func create(_ request: TaskCreation, namespace: String) async throws(Failure) -> UInt32 {
        let key = TaskKey(namespace: namespace, id: request.container.id)
        try Identifier.check(namespace, "namespace")
        try Identifier.check(key.id, "task")
        guard tasks[key] == nil else { throw .alreadyExists("task", key.id) }
        let program = try ShimProgram.resolve(
            runtime: request.container.runtime.name, options: request.options ?? request.container.runtime.options,
            launcher.configuration)
        let task = ManagedTask(
            key, phase: .creating, record: TaskRecord(program: program), launcher: launcher, events: events,
            logger: logger)
        // The name is taken from here on, and free again when the creation has failed and left nothing.
        tasks[key] = task
        do throws(Failure) {
            return try await task.create(request)
        } catch {
            tasks[key] = nil
            throw error
        }
    }

    package func delete(_ id: String, namespace: String) async throws(Failure) -> TaskExit {
        let task = try task(id, namespace)
        let exit = try await task.delete(isShared: await isShared(task))
        if tasks[task.key] === task { tasks[task.key] = nil }
        departed.add(task, pid: await task.pid)
        return exit
    }

    /// Whether a third-party shim serves another task as well.
    private func isShared(_ task: ManagedTask) async -> Bool {
        guard await task.record.program.kind == .stock, let pid = await task.shimPid else { return false }
        for other in tasks.values where other !== task {
            if await other.shimPid == pid { return true }
        }
        return false
    }

    package func list(namespace: String) async throws(Failure) -> [TaskProcess] {
        let tasks = tasks.values.filter { $0.key.namespace == namespace }
        let found = await withTaskGroup(of: TaskProcess?.self) { group in
            for task in tasks { group.addTask { await task.summary() } }
            var found: [TaskProcess] = []
            for await process in group {
                if let process { found.append(process) }
            }
            return found
        }
        return found.sorted { $0.containerID < $1.containerID }
    }

    package func start(_ id: String, exec: String, namespace: String) async throws(Failure) -> UInt32 {
        try await task(id, namespace).start(exec: exec)
    }

    package func deleteProcess(_ id: String, exec: String, namespace: String) async throws(Failure) -> TaskExit {
        let task = try task(id, namespace)
        try Identifier.check(exec, "exec")
        return try await task.deleteProcess(exec: exec)
    }

    package func state(_ id: String, exec: String, namespace: String) async throws(Failure) -> TaskProcess {
        try await task(id, namespace).state(exec: exec)
    }

    package func kill(
        _ id: String, exec: String, signal: UInt32, all: Bool, namespace: String
    ) async throws(Failure) {
        try await task(id, namespace).kill(exec: exec, signal: signal, all: all)
    }

    package func exec(_ request: ExecCreation, namespace: String) async throws(Failure) {
        let task = try task(request.id, namespace)
        try Identifier.check(request.exec, "exec")
        try await task.exec(request)
    }

    package func resize(
        _ id: String, exec: String, width: UInt32, height: UInt32, namespace: String
    ) async throws(Failure) {
        try await task(id, namespace).resize(exec: exec, width: width, height: height)
    }

    package func closeInput(_ id: String, exec: String, namespace: String) async throws(Failure) {
        try await task(id, namespace).closeInput(exec: exec)
    }

    package func pause(_ id: String, namespace: String) async throws(Failure) {
        try await task(id, namespace).pause()
    }

    package func resume(_ id: String, namespace: String) async throws(Failure) {
        try await task(id, namespace).resume()
    }

    package func pids(_ id: String, namespace: String) async throws(Failure) -> [TaskPid] {
        try await task(id, namespace).pids()
    }

    package func checkpoint(
        _ id: String, path: String, options: TypedPayload?, namespace: String
    ) async throws(Failure) {
        try await task(id, namespace).checkpoint(path: path, options: options)
    }

    package func update(
        _ id: String, resources: TypedPayload, annotations: [String: String], namespace: String
    ) async throws(Failure) {
        try await task(id, namespace).update(resources: resources, annotations: annotations)
    }

    package func metrics(_ id: String, namespace: String) async throws(Failure) -> TypedPayload {
        try await task(id, namespace).metrics()
    }

    package func wait(_ id: String, exec: String, namespace: String) async throws(Failure) -> TaskExit {
        try await task(id, namespace).wait(exec: exec)
    }
}
