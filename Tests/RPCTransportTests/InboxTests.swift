import Testing

@testable import RPCTransport

@Suite struct InboxTests {
    private struct Fault: Error {}

    @Test func `parts come out in order, then the end`() async throws {
        let inbox = Inbox<Int>()
        inbox.put(1)
        inbox.put(2)
        inbox.end()
        inbox.put(3)
        #expect(try await inbox.take().part == 1)
        #expect(try await inbox.take().part == 2)
        #expect(try await inbox.take().part == nil)
        #expect(try await inbox.take().part == nil)
    }

    @Test func `what is wrong is told after what has come`() async throws {
        let inbox = Inbox<Int>()
        inbox.put(1)
        inbox.end(.failure(Fault()))
        #expect(try await inbox.take().part == 1)
        await #expect(throws: Fault.self) { try await inbox.take() }
    }

    @Test func `a reader that waits gets what comes next`() async throws {
        let inbox = Inbox<Int>()
        async let part = inbox.take().part
        try await Task.sleep(for: .milliseconds(20))
        inbox.put(7)
        #expect(try await part == 7)
    }

    @Test func `a reader that waits is let go by its cancellation`() async throws {
        let inbox = Inbox<Int>()
        let reader = Task { try await inbox.take().part }
        try await Task.sleep(for: .milliseconds(20))
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
    }

    @Test func `a peer gets no more room while much waits, and all of it once that is taken`() async throws {
        let inbox = Inbox<Int>()
        #expect(inbox.credit(for: 100) == 100)
        inbox.put(1, size: 1 << 19)
        #expect(inbox.credit(for: 1 << 19) == 0)
        inbox.put(2, size: 1 << 19)
        #expect(inbox.credit(for: 1 << 19) == 0)
        #expect(try await inbox.take().credit == 0)
        #expect(try await inbox.take().credit == 1 << 20)
    }
}
