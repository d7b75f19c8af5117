import ShimCore
import TTRPC
import TaskAPI
import Testing

@Suite struct ProcessTableTests {
    private let container = ProcessReference(id: "c")
    private let exec = ProcessReference(id: "c", execID: "e")
    private let time = Instant(seconds: 1, nanoseconds: 2)
    private let waiter = ProcessTable.Waiter(connection: 1, stream: 1)

    private func code(_ body: () throws -> Void) -> StatusCode? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Status)?.code
        }
    }

    /// A table with a container whose init, process 10, was created.
    private func created() -> ProcessTable {
        var table = ProcessTable()
        _ = table.addContainer(id: "c", bundle: "/b", rootfs: [], stdio: StdioRequest(), pid: 10)
        return table
    }

    private func running() -> ProcessTable {
        var table = created()
        _ = table.started(container, pid: 10)
        return table
    }

    private func topics(_ effects: [ProcessTable.Effect]) -> [String] {
        effects.compactMap { if case .publish(let event) = $0 { event.topic } else { nil } }
    }

    @Test func `a container's events are create, start, exit, delete`() throws {
        var table = ProcessTable()
        var effects = table.addContainer(id: "c", bundle: "/b", rootfs: [], stdio: StdioRequest(), pid: 10)
        try table.checkStart(container)
        effects += table.started(container, pid: 10)
        effects += table.exited(pid: 10, status: 3, at: time)
        let (pid, exit) = try table.checkDelete(container)
        #expect(pid == 10)
        #expect(exit == ProcessExit(status: 3, time: time))
        effects += table.remove(container, pid: pid, exit: exit)
        #expect(topics(effects) == ["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"])
        #expect(table.isEmpty)
    }

    @Test func `an exec's events are added, started, exit, and none for its deletion`() throws {
        var table = running()
        var effects = try table.addExec(exec, stdio: StdioRequest())
        try table.checkStart(exec)
        effects += table.started(exec, pid: 11)
        effects += table.exited(pid: 11, status: 0, at: time)
        let (pid, exit) = try table.checkDelete(exec)
        effects += table.remove(exec, pid: pid, exit: exit)
        #expect(topics(effects) == ["/tasks/exec-added", "/tasks/exec-started", "/tasks/exit"])
        #expect(code { _ = try table.state(exec) } == .notFound)
        #expect(try table.state(container).status == .running)
    }

    @Test func `every waiter is answered once, at the exit`() throws {
        var table = running()
        let other = ProcessTable.Waiter(connection: 2, stream: 7)
        #expect(try table.wait(container, waiter) == nil)
        #expect(try table.wait(container, other) == nil)
        let exit = ProcessExit(status: 9, time: time)
        let effects = table.exited(pid: 10, status: 9, at: time)
        #expect(effects.suffix(2) == [.answer(waiter, exit), .answer(other, exit)])
        #expect(try table.wait(container, waiter) == exit)
        #expect(table.exited(pid: 10, status: 9, at: time).isEmpty)
    }

    @Test func `a waiter whose connection is gone is forgotten`() throws {
        var table = running()
        _ = try table.addExec(exec, stdio: StdioRequest())
        _ = table.started(exec, pid: 11)
        _ = try table.wait(container, waiter)
        _ = try table.wait(exec, waiter)
        table.connectionClosed(1)
        let effects = table.exited(pid: 11, status: 0, at: time) + table.exited(pid: 10, status: 0, at: time)
        #expect(!effects.contains { if case .answer = $0 { true } else { false } })
    }

    @Test func `the init's exit is held until the processes beside it have ended`() throws {
        var table = running()
        _ = try table.addExec(exec, stdio: StdioRequest())
        _ = table.started(exec, pid: 11)
        _ = try table.wait(container, waiter)
        #expect(table.exited(pid: 10, status: 0, at: time) == [.endContainer(id: "c")])
        #expect(try table.state(container).status == .stopped)
        #expect(code { _ = try table.checkDelete(container) } == .failedPrecondition)
        let late = ProcessTable.Waiter(connection: 1, stream: 3)
        #expect(try table.wait(container, late) == nil)

        let effects = table.exited(pid: 11, status: 137, at: time)
        let exits = effects.compactMap { effect -> UInt32? in
            guard case .publish(.exit(_, _, let pid, _)) = effect else { return nil }
            return pid
        }
        #expect(exits == [11, 10])
        #expect(effects.contains(.answer(waiter, ProcessExit(status: 0, time: time))))
        #expect(effects.contains(.answer(late, ProcessExit(status: 0, time: time))))
        _ = try table.checkDelete(container)
    }

    @Test func `an exec that was only prepared does not hold the init's exit`() throws {
        var table = running()
        _ = try table.addExec(exec, stdio: StdioRequest())
        #expect(topics(table.exited(pid: 10, status: 0, at: time)) == ["/tasks/exit"])
        #expect(code { try table.checkStart(exec) } == .failedPrecondition)
    }

    @Test func `an orphan's exit means nothing`() {
        var table = running()
        #expect(table.exited(pid: 99, status: 0, at: time).isEmpty)
    }

    @Test func `an exec that fails to start is stopped, without events`() throws {
        var table = running()
        _ = try table.addExec(exec, stdio: StdioRequest())
        _ = try table.wait(exec, waiter)
        let effects = table.startFailed(exec, at: time)
        #expect(topics(effects).isEmpty)
        #expect(effects == [.ended(exec), .answer(waiter, ProcessExit(status: 255, time: time))])
        #expect(try table.state(exec).status == .stopped)
        _ = try table.checkDelete(exec)
    }

    @Test func `what is not there is not found`() {
        var table = created()
        #expect(code { _ = try table.state(ProcessReference(id: "x")) } == .notFound)
        #expect(code { _ = try table.state(exec) } == .notFound)
        #expect(code { _ = try table.wait(exec, waiter) } == .notFound)
        #expect(
            code { _ = try table.addExec(ProcessReference(id: "x", execID: "e"), stdio: StdioRequest()) } == .notFound)
    }

    @Test func `names are used once`() throws {
        var table = running()
        _ = try table.addExec(exec, stdio: StdioRequest())
        #expect(code { _ = try table.addExec(exec, stdio: StdioRequest()) } == .alreadyExists)
        #expect(
            code { _ = try table.addExec(ProcessReference(id: "c", execID: "c"), stdio: StdioRequest()) }
                == .alreadyExists)
    }

    @Test func `a process starts once, an exec only beside a running init that is not paused`() throws {
        var table = created()
        _ = try table.addExec(exec, stdio: StdioRequest())
        #expect(code { try table.checkStart(exec) } == .failedPrecondition)
        _ = table.started(container, pid: 10)
        #expect(code { try table.checkStart(container) } == .failedPrecondition)
        _ = table.setPaused("c", true)
        #expect(try table.state(container).status == .paused)
        #expect(code { try table.checkStart(exec) } == .failedPrecondition)
        _ = table.setPaused("c", false)
        try table.checkStart(exec)
    }

    @Test func `a running process cannot be deleted`() {
        let table = running()
        #expect(code { _ = try table.checkDelete(container) } == .failedPrecondition)
    }

    @Test func `a container that is deleted takes its execs along`() throws {
        var table = running()
        _ = try table.addExec(exec, stdio: StdioRequest())
        _ = table.exited(pid: 10, status: 0, at: time)
        let (pid, exit) = try table.checkDelete(container)
        _ = table.remove(container, pid: pid, exit: exit)
        #expect(table.isEmpty)
        #expect(code { _ = try table.state(exec) } == .notFound)
    }
}
