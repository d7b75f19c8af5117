internal import Kernel
internal import Libcontainer
internal import RuntimeSpec
internal import TTRPC
internal import TaskAPI

/// The Task service: performs the calls, and what the process table says follows from them and from exits.
///
/// Exits are only noticed by the loop, never inside a call. Hence a process that ends while its start is being answered
/// is reaped after that answer and the start's event have been queued, however short its life.
final class TaskService {
    let loop: EventLoop
    let log: Log
    let namespace: String
    let publisher: EventPublisher
    let listener: Listener

    var table = ProcessTable()
    var records: [String: ContainerRecord] = [:]
    let streams = StreamRegistry()
    /// The sandbox that a daemon has made of this shim, if any.
    var sandbox: Sandbox?
    /// Streams of processes that are gone, while their last output is on its way.
    private var leftovers: [ProcessStdio] = []

    /// Called when a client wants the shim to end and nothing stands against it.
    var shutdown: () -> Void = {}

    init(loop: EventLoop, log: Log, namespace: String, publisher: EventPublisher, listener: Listener) {
        self.loop = loop
        self.log = log
        self.namespace = namespace
        self.publisher = publisher
        self.listener = listener
    }

    var isIdle: Bool { table.isEmpty && sandbox == nil }

    /// Whether output is still on its way to a client.
    var isDelivering: Bool { leftovers.contains(where: \.isDelivering) }

    func handle(_ connection: Connection, _ stream: UInt32, _ request: Request) {
        log.debug("\(request.service)/\(request.method)")
        switch request.service {
        case SandboxCall.service: return handleSandbox(connection, stream, request)
        case StreamMessage.service: return streams.handle(connection, stream, request)
        default: break
        }
        do throws(Status) {
            let call = try TaskCall(request)
            let waiter = ProcessTable.Waiter(connection: connection.id, stream: stream)
            if case .checkpoint(let request) = call { return try checkpoint(request, waiter) }
            if case .wait(let process) = call {
                guard let exit = try table.wait(process, waiter) else { return }
                return connection.respond(to: stream, .success(TaskAnswer.exited(exit).encoded()))
            }
            let (answer, effects) = try perform(call)
            connection.respond(to: stream, .success(answer.encoded()))
            ShimFailpoint.answered.reach()
            apply(effects)
        } catch {
            log.debug("\(request.method) failed: \(error.message)")
            connection.respond(to: stream, .failure(error))
        }
    }

    /// Reaps all children that have ended: containers' processes, and orphans of theirs.
    func reap() {
        while let exit = (try? ChildExit.reapAny()) ?? nil { ended(exit) }
    }

    func ended(_ exit: ChildExit) {
        ShimFailpoint.reaped.reach()
        apply(table.exited(pid: exit.process, status: exit.status, at: Instant.now()))
        considerSandboxEnd()
    }

    func apply(_ effects: [ProcessTable.Effect]) {
        for effect in effects {
            switch effect {
            case .publish(let event): publisher.publish(event)
            case .answer(let waiter, let exit):
                listener.connection(waiter.connection)?
                    .respond(to: waiter.stream, .success(TaskAnswer.exited(exit).encoded()))
            case .ended(let process): records[process.id]?.stdio(of: process.execID)?.processEnded()
            case .endContainer(let id): endContainer(id)
            }
        }
    }

    /// Where the PID namespace is shared, ends what the init has left behind, as the kernel does elsewhere.
    private func endContainer(_ id: String) {
        guard let record = records[id], !record.hasOwnProcesses else { return }
        do {
            try record.container.kill(signal: Signal.kill, all: true)
        } catch {
            log.warning("container \"\(id)\": processes after its init's end: \(error.message)")
        }
    }

    private func perform(_ call: TaskCall) throws(Status) -> (TaskAnswer, [ProcessTable.Effect]) {
        switch call {
        case .create(let request): try create(request)
        case .start(let process): try start(process)
        case .delete(let process): try delete(process)
        case .exec(let request): try prepareExec(request)
        case .kill(let request): (try kill(request), [])
        case .state(let process): (.state(try table.state(process)), [])
        case .pids(let id): (try pids(id), [])
        case .pause(let id): try pause(id)
        case .resume(let id): try resume(id)
        case .resize(let request): (try resize(request), [])
        case .closeIO(let process, let stdin): (try closeIO(process, stdin: stdin), [])
        case .update(let id, let resources): (try update(id, resources), [])
        case .stats(let id): (try statistics(id), [])
        case .connect(let id): (connect(id), [])
        case .shutdown(_, let now): (requestShutdown(now: now), [])
        case .checkpoint, .wait: throw Status(.internal, "calls that wait are answered elsewhere")
        }
    }

    /// Keeps streams whose process is forgotten until their output has left.
    func keep(_ stdio: ProcessStdio) {
        leftovers.removeAll { !$0.isActive }
        if stdio.isActive { leftovers.append(stdio) } else { stdio.close() }
    }

    func record(_ id: String) throws(Status) -> ContainerRecord {
        guard let record = records[id] else { throw Status(.notFound, "container \"\(id)\": not found") }
        return record
    }

    private func connect(_ id: String) -> TaskAnswer {
        let pid = (try? table.pid(ProcessReference(id: id))) ?? 0
        return .connected(shim: UInt32(currentProcess()), task: UInt32(pid), version: "1")
    }

    /// Ends the shim when no container is left and it is no sandbox, which ends by a call of its own. With `now`
    /// containers are ended first: a shim that left would leave them without anybody to reap and report them.
    private func requestShutdown(now: Bool) -> TaskAnswer {
        if now { removeAll() }
        if isIdle { shutdown() }
        return .empty
    }

    func removeAll() {
        for id in table.containerIDs {
            guard let record = records[id] else { continue }
            do {
                try record.container.kill(signal: Signal.kill, all: true)
            } catch {
                log.warning("container \"\(id)\": \(error.message)")
            }
            if let pid = try? table.pid(ProcessReference(id: id)), let exit = try? ChildExit.wait(for: pid) {
                ended(exit)
            }
            reap()
            do throws(Status) {
                let (_, effects) = try delete(ProcessReference(id: id))
                apply(effects)
            } catch {
                log.error("container \"\(id)\" could not be removed: \(error.message)")
            }
        }
    }
}

extension Instant {
    static func now() -> Instant {
        let now = Clock.now()
        return Instant(seconds: now.seconds, nanoseconds: now.nanoseconds)
    }
}

/// Signals by number, as on every architecture that Berth runs on. See signal(7).
enum Signal {
    static let interrupt: Int32 = 2
    static let kill: Int32 = 9
    static let brokenPipe: Int32 = 13
    static let hangUp: Int32 = 1
    static let terminate: Int32 = 15
    static let child: Int32 = 17
    static let last: UInt32 = 64
}
