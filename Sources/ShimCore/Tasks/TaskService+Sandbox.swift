internal import Kernel
internal import Libcontainer
internal import TTRPC
internal import TaskAPI

/// The Sandbox service, for daemons that keep a pod's containers in a shim which they start for the pod.
extension TaskService {
    func handleSandbox(_ connection: Connection, _ stream: UInt32, _ request: Request) {
        do throws(Status) {
            let waiter = ProcessTable.Waiter(connection: connection.id, stream: stream)
            guard let answer = try perform(try SandboxCall(request), waiter) else { return }
            connection.respond(to: stream, .success(answer.encoded()))
        } catch {
            log.debug("\(request.method) failed: \(error.message)")
            connection.respond(to: stream, .failure(error))
        }
    }

    /// - Returns: nil when the answer comes later.
    private func perform(_ call: SandboxCall, _ waiter: ProcessTable.Waiter) throws(Status) -> SandboxAnswer? {
        switch call {
        case .create(let id, let hasRootfs, let cgroupParent):
            try createSandbox(id, hasRootfs: hasRootfs, cgroupParent: cgroupParent)
            return .empty
        case .start(let id):
            let created = try existing(id).created
            try sandbox?.start()
            return .started(pid: UInt32(currentProcess()), created: created)
        case .platform(let id):
            _ = try existing(id)
            return .platform(architecture: Self.architecture)
        case .stop(let id, let timeout):
            _ = try existing(id)
            return stopSandbox(waiter, timeout: timeout)
        case .wait(let id):
            _ = try existing(id)
            return (sandbox?.wait(waiter)).map { .exited($0) }
        case .status(let id):
            let sandbox = try existing(id)
            return .state(
                SandboxAnswer.State(
                    id: id, pid: UInt32(currentProcess()), name: sandbox.state, created: sandbox.created,
                    exit: sandbox.exit))
        case .ping(let id):
            _ = try existing(id)
            return .empty
        case .shutdown(let id):
            _ = try existing(id)
            shutDownSandbox()
            return .empty
        case .metrics(let id):
            return .metrics(id: id, time: .now(), data: try measure(try existing(id)))
        }
    }

    private func existing(_ id: String) throws(Status) -> Sandbox {
        guard let sandbox, sandbox.id == id else { throw Status(.notFound, "sandbox \"\(id)\": not found") }
        return sandbox
    }

    private func createSandbox(_ id: String, hasRootfs: Bool, cgroupParent: String) throws(Status) {
        guard !id.isEmpty else { throw Status(.invalidArgument, "sandbox: expected an id") }
        if let sandbox {
            throw Status(.alreadyExists, "sandbox \"\(id)\": this shim is sandbox \"\(sandbox.id)\" already")
        }
        guard !hasRootfs else {
            throw Status(
                .unimplemented,
                "sandbox \"\(id)\": this shim runs no process for a sandbox: expected no root file system")
        }
        sandbox = Sandbox(id: id, created: .now(), cgroupParent: cgroupParent)
    }

    private func stopSandbox(_ waiter: ProcessTable.Waiter, timeout: UInt32) -> SandboxAnswer? {
        guard sandbox?.stop(waiter) == true else { return .empty }
        signalContainers(timeout == 0 ? Signal.kill : Signal.terminate)
        if timeout > 0, table.hasLiveContainers {
            _ = loop.schedule(after: Int(min(timeout, UInt32(Int32.max) / 1000)) * 1000) { [unowned self] in
                if sandbox?.phase == .stopping { signalContainers(Signal.kill) }
            }
        }
        considerSandboxEnd()
        return nil
    }

    /// What a container's init does with a signal before it is started is nothing, unless it is the last one.
    private func signalContainers(_ signal: Int32) {
        for id in table.containerIDs {
            guard let phase = try? table.phase(ProcessReference(id: id)), let record = records[id] else { continue }
            if case .exited = phase { continue }
            do {
                // Killed by its cgroup, where it may stand frozen.
                let kills = phase == .created || signal == Signal.kill
                try record.container.kill(signal: kills ? Signal.kill : signal, all: kills)
            } catch {
                log.warning("container \"\(id)\": \(error.message)")
            }
        }
    }

    /// Answers those who wait for the sandbox's end when its last container has ended.
    func considerSandboxEnd() {
        guard sandbox?.phase == .stopping, !table.hasLiveContainers else { return }
        endSandbox()
    }

    private func endSandbox() {
        guard let (waits, stops) = sandbox?.stopped(at: .now()), let exit = sandbox?.exit else { return }
        for waiter in waits { answer(waiter, .exited(exit)) }
        for waiter in stops { answer(waiter, .empty) }
    }

    private func answer(_ waiter: ProcessTable.Waiter, _ answer: SandboxAnswer) {
        listener.connection(waiter.connection)?.respond(to: waiter.stream, .success(answer.encoded()))
    }

    private func shutDownSandbox() {
        removeAll()
        endSandbox()
        sandbox = nil
        if table.isEmpty { shutdown() }
    }

    private static var architecture: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #elseif arch(riscv64)
            "riscv64"
        #else
            #error("the name of this architecture is not known")
        #endif
    }
}
