internal import Logging
internal import Model
internal import NIOCore

/// One task: its bundle, its shim, and what is known of its processes.
///
/// Each task is an actor of its own, so that a shim that does not answer holds up nobody but those who ask for it.
/// Requests that only pass through are in `ManagedTask+Requests.swift`; the other files have a life-cycle step each.
actor ManagedTask {
    enum Phase: Hashable {
        /// No client knows the task yet.
        case creating
        case live
        /// The shim ended by itself; what it ran is being ended or has been. The task stays to be looked at and deleted.
        case dead
        case deleting
        case gone
    }

    /// What the supervisor remembers of a process; the shim knows the rest.
    struct KnownProcess {
        var last: TaskProcess
        var exit: TaskExit?
        var isExitAnnounced = false
        var waiters: [Int: CheckedContinuation<Result<TaskExit, Failure>, Never>] = [:]
        /// Holds the shim's Wait for all waiters.
        var watch: Task<Void, Never>?
    }

    nonisolated let key: TaskKey
    nonisolated let bundle: TaskBundle
    nonisolated let launcher: ShimLauncher
    nonisolated let events: any EventSink
    nonisolated let logger: Logger

    var phase: Phase
    var record: TaskRecord
    var shim: Shim?
    /// By exec; the init's is the empty one.
    var processes: [String: KnownProcess] = [:]
    var isDeleteAnnounced = false
    var nextWaiter = 0
    /// Suspended until the clean-up after a dead shim is over.
    var cleanUp: Task<Void, Never>?

    init(
        _ key: TaskKey, phase: Phase, record: TaskRecord, launcher: ShimLauncher, events: any EventSink, logger: Logger
    ) {
        self.key = key
        self.phase = phase
        self.record = record
        self.launcher = launcher
        self.events = events
        var logger = logger
        logger[metadataKey: "namespace"] = "\(key.namespace)"
        logger[metadataKey: "task"] = "\(key.id)"
        self.logger = logger
        bundle = TaskBundle(key, launcher.configuration)
    }

    nonisolated var deadlines: TaskRuntimeConfiguration.Deadlines { launcher.configuration.deadlines }

    /// The init's pid; 0 until it is created.
    var pid: UInt32 { record.pid }

    /// The shim's pid while it has one, by which tasks of one group know each other.
    var shimPid: Int32? { shim?.process.pid }

    /// The way to the shim, opened again if the connection was lost while the shim goes on.
    func client() async throws(Failure) -> TaskClient {
        guard let shim, phase == .live || phase == .deleting else { throw absence() }
        if shim.client.channel.isOpen { return shim.client }
        if shim.process.hasEnded { throw Failure(.unavailable, "\(Shim.name(key)): has ended") }
        let fresh = try await shim.reconnected(group: launcher.group)
        guard self.shim === shim else {
            // Somebody else was faster.
            fresh.client.channel.close()
            return try await client()
        }
        self.shim = fresh
        return fresh.client
    }

    /// Why there is no shim to ask.
    func absence() -> Failure {
        switch phase {
        case .creating: .notFound("task", key.id)
        case .dead: Failure(.notFound, "task \"\(key.id)\": process already finished: \(record.deathReason)")
        case .deleting: Failure(.failedPrecondition, "task \"\(key.id)\": is being deleted")
        case .live, .gone: .notFound("task", key.id)
        }
    }

    /// Remembers a process's state, for the time when the shim cannot be asked.
    func remember(_ process: TaskProcess, exec: String) {
        processes[exec, default: KnownProcess(last: process)].last = process
        if process.status == .stopped, let exitedAt = process.exitedAt {
            learn(
                TaskExit(id: process.id, pid: process.pid, status: process.exitStatus, exitedAt: exitedAt), exec: exec)
        }
    }

    /// Takes note of a process's exit, the first time, and tells those who wait for it.
    func learn(_ exit: TaskExit, exec: String) {
        let blank = TaskProcess(containerID: key.id, id: exit.id, pid: exit.pid, status: .stopped, io: TaskIO())
        var process = processes[exec] ?? KnownProcess(last: blank)
        if process.exit == nil {
            process.exit = exit
            process.last.status = .stopped
            process.last.exitStatus = exit.status
            process.last.exitedAt = exit.exitedAt
        }
        let waiters = process.waiters
        let known = process.exit ?? exit
        process.waiters = [:]
        process.watch?.cancel()
        process.watch = nil
        processes[exec] = process
        for waiter in waiters.values { waiter.resume(returning: .success(known)) }
    }
}
