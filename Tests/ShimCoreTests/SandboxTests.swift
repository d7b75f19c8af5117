import ShimCore
import TTRPC
import TaskAPI
import Testing

struct SandboxTests {
    private let now = Instant(seconds: 5, nanoseconds: 0)
    private let first = ProcessTable.Waiter(connection: 1, stream: 1)
    private let second = ProcessTable.Waiter(connection: 1, stream: 3)

    @Test func `who waits and who stops are answered once, with the end`() throws {
        var sandbox = Sandbox(id: "box", created: Instant(seconds: 1, nanoseconds: 0))
        try sandbox.start()
        let early = sandbox.wait(first)
        #expect(early == nil)
        let goesOn = sandbox.stop(second)
        #expect(goesOn && sandbox.phase == .stopping)
        let end = sandbox.stopped(at: now)
        #expect(end.waits == [first] && end.stops == [second])
        let again = sandbox.stopped(at: Instant(seconds: 9, nanoseconds: 0))
        #expect(again.waits.isEmpty && again.stops.isEmpty)
        let late = sandbox.wait(first)
        #expect(late == ProcessExit(status: 0, time: now))
        let stopsAgain = sandbox.stop(second)
        #expect(!stopsAgain)
    }

    @Test func `a sandbox is ready from its start until it is stopped`() throws {
        var sandbox = Sandbox(id: "box", created: now)
        #expect(sandbox.state == "SANDBOX_NOTREADY")
        try sandbox.start()
        #expect(sandbox.state == "SANDBOX_READY")
        #expect(throws: Status.self) {
            var copy = sandbox
            try copy.start()
        }
        _ = sandbox.stop(first)
        #expect(sandbox.state == "SANDBOX_NOTREADY")
    }
}
