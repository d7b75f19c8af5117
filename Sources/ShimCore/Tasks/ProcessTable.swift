package import TTRPC
package import TaskAPI

/// The containers and processes of one shim, and what has happened to each: pure, without a system call.
///
/// Every operation answers effects in the order in which they must take place. Whatever order exits are noticed in,
/// what the outside sees of one process is Create, Start, Exit, Delete: an exit is only ever reported for a process
/// whose start was, and that of a container's init after those of the processes that ran beside it.
package struct ProcessTable {
    /// A call of Wait that is held until its process ends.
    package struct Waiter: Hashable, Sendable {
        package let connection: UInt64
        package let stream: UInt32

        package init(connection: UInt64, stream: UInt32) {
            self.connection = connection
            self.stream = stream
        }
    }

    package enum Effect: Hashable, Sendable {
        case publish(TaskEvent)
        case answer(Waiter, ProcessExit)
        /// The process is gone: its stdio is to be drained and closed.
        case ended(ProcessReference)
        /// The container's init is gone: what is left of the container is to be killed.
        case endContainer(id: String)
    }

    package enum Phase: Hashable, Sendable {
        case created
        case running
        case exited(ProcessExit)
    }

    private struct Process {
        var phase: Phase
        /// 0 for an exec that was not started.
        var pid: Int32
        var stdio: StdioRequest
        var waiters: [Waiter] = []
    }

    private struct Container {
        var bundle: String
        var isPaused = false
        var initProcess: Process
        var execs: [String: Process] = [:]
        /// The exit of the init, until the processes beside it have ended as well.
        var heldExit: ProcessExit?

        var hasRunningExecs: Bool { execs.values.contains { $0.phase == .running } }
    }

    private var containers: [String: Container] = [:]
    private var running: [Int32: ProcessReference] = [:]

    package init() {}

    package var isEmpty: Bool { containers.isEmpty }
    package var containerIDs: [String] { containers.keys.sorted() }

    /// Whether there is a container whose end was not reported yet.
    package var hasLiveContainers: Bool {
        containers.values.contains { container in
            if case .exited = container.initProcess.phase { container.heldExit != nil } else { true }
        }
    }

    package func hasContainer(_ id: String) -> Bool { containers[id] != nil }

    // MARK: Life

    /// A container was created; its init is parked.
    package mutating func addContainer(
        id: String, bundle: String, rootfs: [RootfsMount], stdio: StdioRequest, pid: Int32
    ) -> [Effect] {
        containers[id] = Container(
            bundle: bundle, initProcess: Process(phase: .created, pid: pid, stdio: stdio))
        running[pid] = ProcessReference(id: id)
        return [.publish(.create(id: id, bundle: bundle, rootfs: rootfs, stdio: stdio, pid: UInt32(pid)))]
    }

    /// An exec was prepared; it is started later.
    package mutating func addExec(_ reference: ProcessReference, stdio: StdioRequest) throws(Status) -> [Effect] {
        guard let container = containers[reference.id] else { throw Self.noContainer(reference.id) }
        guard !reference.execID.isEmpty else {
            throw Status(.invalidArgument, "container \"\(reference.id)\": exec needs an id")
        }
        guard container.execs[reference.execID] == nil, reference.execID != reference.id else {
            throw Status(
                .alreadyExists, "exec \"\(reference.execID)\" of container \"\(reference.id)\": already exists")
        }
        if case .exited = container.initProcess.phase {
            throw Status(.failedPrecondition, "container \"\(reference.id)\": cannot exec in a stopped container")
        }
        containers[reference.id]?.execs[reference.execID] = Process(phase: .created, pid: 0, stdio: stdio)
        return [.publish(.execAdded(id: reference.id, execID: reference.execID))]
    }

    /// Whether the process may be started now.
    package func checkStart(_ reference: ProcessReference) throws(Status) {
        let process = try find(reference)
        guard process.phase == .created else {
            throw Status(.failedPrecondition, "\(Self.name(reference)): was started already")
        }
        guard !reference.execID.isEmpty, let container = containers[reference.id] else { return }
        guard container.initProcess.phase == .running else {
            throw Status(.failedPrecondition, "container \"\(reference.id)\": is not running")
        }
        if container.isPaused {
            throw Status(.failedPrecondition, "container \"\(reference.id)\": is paused, resume it first")
        }
    }

    package mutating func started(_ reference: ProcessReference, pid: Int32) -> [Effect] {
        update(reference) {
            $0.phase = .running
            $0.pid = pid
        }
        running[pid] = reference
        if reference.execID.isEmpty { return [.publish(.start(id: reference.id, pid: UInt32(pid)))] }
        return [.publish(.execStarted(id: reference.id, execID: reference.execID, pid: UInt32(pid)))]
    }

    /// A start that failed ends an exec for good, without events: to the outside it never ran. An init that fails to
    /// start ends like any other process, when it is reaped.
    package mutating func startFailed(_ reference: ProcessReference, at time: Instant) -> [Effect] {
        guard !reference.execID.isEmpty, let process = try? find(reference) else { return [] }
        let exit = ProcessExit(status: 255, time: time)
        update(reference) {
            $0.phase = .exited(exit)
            $0.waiters = []
        }
        return [.ended(reference)] + process.waiters.map { .answer($0, exit) }
    }

    /// A child was reaped. Processes that are not in the table, orphans of a container, have no effect.
    package mutating func exited(pid: Int32, status: UInt32, at time: Instant) -> [Effect] {
        guard let reference = running.removeValue(forKey: pid) else { return [] }
        let exit = ProcessExit(status: status, time: time)
        guard reference.execID.isEmpty else {
            return announce(exit, of: reference) + releaseHeldExit(of: reference.id)
        }
        update(reference) { $0.phase = .exited(exit) }
        let end = Effect.endContainer(id: reference.id)
        if containers[reference.id]?.hasRunningExecs == true {
            containers[reference.id]?.heldExit = exit
            return [end]
        }
        return [end] + announce(exit, of: reference)
    }

    private mutating func releaseHeldExit(of id: String) -> [Effect] {
        guard let container = containers[id], let exit = container.heldExit, !container.hasRunningExecs else {
            return []
        }
        containers[id]?.heldExit = nil
        return announce(exit, of: ProcessReference(id: id))
    }

    private mutating func announce(_ exit: ProcessExit, of reference: ProcessReference) -> [Effect] {
        guard let process = try? find(reference) else { return [] }
        update(reference) {
            $0.phase = .exited(exit)
            $0.waiters = []
        }
        let event = TaskEvent.exit(
            id: reference.id, process: reference.execID.isEmpty ? reference.id : reference.execID,
            pid: UInt32(process.pid), exit)
        return [.ended(reference), .publish(event)] + process.waiters.map { .answer($0, exit) }
    }

    /// The exit that Delete answers, for a process that may be deleted now.
    package func checkDelete(_ reference: ProcessReference) throws(Status) -> (pid: UInt32, exit: ProcessExit) {
        let process = try find(reference)
        switch process.phase {
        case .running:
            throw Status(.failedPrecondition, "\(Self.name(reference)): is running, kill it first")
        case .created:
            return (UInt32(process.pid), ProcessExit(status: 0, time: Instant(seconds: 0, nanoseconds: 0)))
        case .exited(let exit):
            if reference.execID.isEmpty, containers[reference.id]?.heldExit != nil {
                throw Status(.failedPrecondition, "\(Self.name(reference)): processes beside its init still end")
            }
            return (UInt32(process.pid), exit)
        }
    }

    /// Forgets a process that `checkDelete` let pass; with the init, all of the container.
    package mutating func remove(_ reference: ProcessReference, pid: UInt32, exit: ProcessExit) -> [Effect] {
        if reference.execID.isEmpty {
            containers[reference.id] = nil
            running = running.filter { $0.value.id != reference.id }
            return [.publish(.delete(id: reference.id, process: reference.id, pid: pid, exit))]
        }
        // As containerd's own shim has it, the end of an exec is its exit; its deletion is no event.
        containers[reference.id]?.execs[reference.execID] = nil
        return []
    }

    package mutating func setPaused(_ id: String, _ isPaused: Bool) -> [Effect] {
        containers[id]?.isPaused = isPaused
        return [.publish(isPaused ? .paused(id: id) : .resumed(id: id))]
    }

    // MARK: Waiting

    /// The exit, when it has been reported; otherwise the waiter is kept and answered with it.
    package mutating func wait(_ reference: ProcessReference, _ waiter: Waiter) throws(Status) -> ProcessExit? {
        let process = try find(reference)
        let isHeld = reference.execID.isEmpty && containers[reference.id]?.heldExit != nil
        if case .exited(let exit) = process.phase, !isHeld { return exit }
        update(reference) { $0.waiters.append(waiter) }
        return nil
    }

    /// Forgets the waiters of a connection that is gone.
    package mutating func connectionClosed(_ connection: UInt64) {
        for id in Array(containers.keys) {
            containers[id]?.initProcess.waiters.removeAll { $0.connection == connection }
            for execID in Array(containers[id]?.execs.keys ?? [:].keys) {
                containers[id]?.execs[execID]?.waiters.removeAll { $0.connection == connection }
            }
        }
    }

    // MARK: Questions

    package func phase(_ reference: ProcessReference) throws(Status) -> Phase { try find(reference).phase }

    package func pid(_ reference: ProcessReference) throws(Status) -> Int32 { try find(reference).pid }

    package func stdio(_ reference: ProcessReference) throws(Status) -> StdioRequest { try find(reference).stdio }

    package func isPaused(_ id: String) -> Bool { containers[id]?.isPaused ?? false }

    package func state(_ reference: ProcessReference) throws(Status) -> TaskAnswer.State {
        let process = try find(reference)
        var exit: ProcessExit?
        let status: ProcessStatus
        switch process.phase {
        case .created: status = .created
        case .running: status = isPaused(reference.id) ? .paused : .running
        case .exited(let end):
            status = .stopped
            exit = end
        }
        return TaskAnswer.State(
            id: reference.id, bundle: containers[reference.id]?.bundle ?? "", pid: UInt32(process.pid), status: status,
            stdio: process.stdio, exit: exit, execID: reference.execID)
    }

    /// The exec that a process of the container is, if it is one.
    package func execID(ofProcess pid: Int32, in id: String) -> String? {
        guard let reference = running[pid], reference.id == id, !reference.execID.isEmpty else { return nil }
        return reference.execID
    }

    // MARK: Entries

    private func find(_ reference: ProcessReference) throws(Status) -> Process {
        guard let container = containers[reference.id] else { throw Self.noContainer(reference.id) }
        if reference.execID.isEmpty { return container.initProcess }
        guard let process = container.execs[reference.execID] else {
            throw Status(.notFound, "\(Self.name(reference)): not found")
        }
        return process
    }

    private mutating func update(_ reference: ProcessReference, _ change: (inout Process) -> Void) {
        if reference.execID.isEmpty {
            if containers[reference.id] != nil { change(&containers[reference.id]!.initProcess) }
        } else if containers[reference.id]?.execs[reference.execID] != nil {
            change(&containers[reference.id]!.execs[reference.execID]!)
        }
    }

    package static func name(_ reference: ProcessReference) -> String {
        reference.execID.isEmpty
            ? "container \"\(reference.id)\"" : "exec \"\(reference.execID)\" of container \"\(reference.id)\""
    }

    private static func noContainer(_ id: String) -> Status {
        Status(.notFound, "container \"\(id)\": not found")
    }
}
