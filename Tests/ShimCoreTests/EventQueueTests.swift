import ShimCore
import TTRPC
import TaskAPI
import Testing

@Suite struct EventQueueTests {
    private let time = Instant(seconds: 1, nanoseconds: 0)
    private let exit = ProcessExit(status: 0, time: Instant(seconds: 1, nanoseconds: 0))

    @Test func `events leave one at a time, in order, when they are confirmed`() {
        var queue = EventQueue()
        queue.append(.start(id: "a", pid: 1), at: time)
        queue.append(.start(id: "b", pid: 2), at: time)
        #expect(queue.next()?.event == .start(id: "a", pid: 1))
        #expect(queue.next() == nil)
        queue.finish(.delivered)
        #expect(queue.next()?.event == .start(id: "b", pid: 2))
        queue.finish(.delivered)
        #expect(queue.isEmpty)
    }

    @Test func `an event that was not confirmed is sent again first`() {
        var queue = EventQueue()
        queue.append(.start(id: "a", pid: 1), at: time)
        _ = queue.next()
        queue.append(.exit(id: "a", process: "a", pid: 1, exit), at: time)
        queue.finish(.retry)
        #expect(queue.next()?.event == .start(id: "a", pid: 1))
    }

    @Test func `attempts come slower and slower, up to five seconds`() {
        var queue = EventQueue()
        queue.append(.start(id: "a", pid: 1), at: time)
        var waits: [Int] = []
        for _ in 0..<10 {
            _ = queue.next()
            queue.finish(.retry)
            waits.append(queue.backoff)
        }
        #expect(waits == [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
        _ = queue.next()
        queue.finish(.delivered)
        #expect(queue.failures == 0)
    }

    @Test func `at the bound only events that a daemon can do without are dropped`() {
        var queue = EventQueue(capacity: 3)
        queue.append(.start(id: "a", pid: 1), at: time)
        queue.append(.paused(id: "a"), at: time)
        queue.append(.resumed(id: "a"), at: time)
        queue.append(.exit(id: "a", process: "a", pid: 1, exit), at: time)
        #expect(queue.count == 3)
        #expect(queue.dropped == 1)
        queue.append(.delete(id: "a", process: "a", pid: 1, exit), at: time)
        queue.append(.create(id: "a", bundle: "", rootfs: [], stdio: StdioRequest(), pid: 1), at: time)
        var topics: [String] = []
        while let entry = queue.next() {
            topics.append(entry.event.topic)
            queue.finish(.delivered)
        }
        #expect(topics == ["/tasks/start", "/tasks/exit", "/tasks/delete", "/tasks/create"])
    }

    @Test func `the event under way is not dropped at the bound`() {
        var queue = EventQueue(capacity: 1)
        queue.append(.paused(id: "a"), at: time)
        #expect(queue.next()?.event == .paused(id: "a"))
        queue.append(.resumed(id: "a"), at: time)
        queue.finish(.retry)
        #expect(queue.next()?.event == .paused(id: "a"))
    }

    @Test func `a daemon that is down is asked again, one that refuses is not`() {
        #expect(EventQueue.outcome(of: .success([])) == .delivered)
        #expect(EventQueue.outcome(of: .failure(Status(.unavailable, "down"))) == .retry)
        #expect(EventQueue.outcome(of: .failure(Status(.internal, "disk"))) == .retry)
        let refused = Status(.invalidArgument, "no")
        #expect(EventQueue.outcome(of: .failure(refused)) == .refused(refused))
    }
}
