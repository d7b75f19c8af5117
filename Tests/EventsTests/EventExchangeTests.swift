import Events
import Model
import Testing

/// Events are their topics; the only field of one is `id`.
private struct PlainCoding: EventCoding {
    func encode(_ event: DomainEvent) -> TypedPayload {
        TypedPayload(typeURL: "test", value: Array(event.topic.utf8))
    }

    func field(_ path: [String], of event: TypedPayload) -> String? {
        path == ["id"] ? String(decoding: event.value, as: UTF8.self) : nil
    }
}

struct EventExchangeTests {
    private func envelope(_ id: String, namespace: String = "n", topic: String = "/tasks/exit") -> EventEnvelope {
        EventEnvelope(
            timestamp: .now(), namespace: namespace, topic: topic,
            event: TypedPayload(typeURL: "test", value: Array(id.utf8)))
    }

    private func ids(
        _ count: Int, of stream: AsyncThrowingStream<EventEnvelope, any Error>
    ) async throws -> [String] {
        var ids: [String] = []
        for try await event in stream.prefix(count) { ids.append(String(decoding: event.event.value, as: UTF8.self)) }
        return ids
    }

    @Test func `every subscriber sees every event, in order`() async throws {
        let exchange = EventExchange(coding: PlainCoding())
        let first = try exchange.subscribe(filters: [])
        let second = try exchange.subscribe(filters: [])
        let expected = (0..<500).map(String.init)
        for id in expected { exchange.forward(envelope(id)) }
        #expect(try await ids(500, of: first) == expected)
        #expect(try await ids(500, of: second) == expected)
    }

    @Test func `a subscriber sees what comes after it only`() async throws {
        let exchange = EventExchange(coding: PlainCoding())
        exchange.forward(envelope("early"))
        let stream = try exchange.subscribe(filters: [])
        exchange.forward(envelope("late"))
        #expect(try await ids(1, of: stream) == ["late"])
    }

    @Test func `what happened before clients could subscribe is told to each that does`() async throws {
        let exchange = EventExchange(coding: PlainCoding())
        exchange.keepMissed()
        exchange.publish(.namespaceCreated(name: "a", labels: [:]), namespace: "n")
        exchange.forward(envelope("ended"))
        exchange.serves()
        for _ in 0..<2 {
            let stream = try exchange.subscribe(filters: [#"topic=="/tasks/exit""#])
            exchange.forward(envelope("late"))
            #expect(try await ids(2, of: stream) == ["ended", "late"])
        }
    }

    @Test func `an exit that is announced late is told to those who subscribe still later`() async throws {
        let exchange = EventExchange(coding: PlainCoding())
        let missed = envelope("missed")
        exchange.keepMissed()
        exchange.serves()
        exchange.forward(missed)
        exchange.forward(envelope("meanwhile"))
        let stream = try exchange.subscribe(filters: [])
        exchange.forward(envelope("late"))
        #expect(try await ids(2, of: stream) == ["missed", "late"])
    }

    @Test func `what happened before is forgotten in the end`() async throws {
        let exchange = EventExchange(coding: PlainCoding())
        exchange.keepMissed()
        exchange.forward(envelope("missed"))
        exchange.serves()
        exchange.forgetMissed()
        let stream = try exchange.subscribe(filters: [])
        exchange.forward(envelope("late"))
        #expect(try await ids(1, of: stream) == ["late"])
    }

    @Test func `filters look at namespace, topic and event`() async throws {
        let exchange = EventExchange(coding: PlainCoding())
        let stream = try exchange.subscribe(filters: [
            #"namespace==a,topic~="^/images""#, "event.id==x",
        ])
        exchange.forward(envelope("1", namespace: "a"))
        exchange.forward(envelope("2", namespace: "a", topic: "/images/create"))
        exchange.forward(envelope("3", namespace: "b", topic: "/images/create"))
        exchange.forward(envelope("x", namespace: "b"))
        #expect(try await ids(2, of: stream) == ["2", "x"])
    }

    @Test func `a broken filter is refused`() {
        let exchange = EventExchange(coding: PlainCoding())
        #expect(throws: Failure.self) { try exchange.subscribe(filters: ["topic="]) }
        #expect(exchange.subscriberCount == 0)
    }

    @Test func `the supervisor's events are encoded under their topics`() async throws {
        let exchange = EventExchange(coding: PlainCoding())
        let stream = try exchange.subscribe(filters: [])
        exchange.publish(.containerDeleted(id: "c"), namespace: "n")
        var iterator = stream.makeAsyncIterator()
        let event = try #require(try await iterator.next())
        #expect(event.topic == "/containers/delete" && event.namespace == "n")
        #expect(event.event == TypedPayload(typeURL: "test", value: Array("/containers/delete".utf8)))
    }

    @Test func `a subscriber that is too slow is ended and holds up nobody`() async throws {
        let exchange = EventExchange(coding: PlainCoding(), capacity: 3)
        let slow = try exchange.subscribe(filters: [])
        let choosy = try exchange.subscribe(filters: ["event.id==4"])
        for id in 0..<5 { exchange.forward(envelope(String(id))) }
        var seen: [String] = []
        let failure = await #expect(throws: Failure.self) {
            for try await event in slow { seen.append(String(decoding: event.event.value, as: UTF8.self)) }
        }
        #expect(failure?.code == .resourceExhausted)
        #expect(seen == ["0", "1", "2"])
        #expect(try await ids(1, of: choosy) == ["4"])
    }

    @Test func `a subscriber that leaves is forgotten`() async throws {
        let exchange = EventExchange(coding: PlainCoding())
        do {
            let stream = try exchange.subscribe(filters: [])
            exchange.forward(envelope("1"))
            #expect(try await ids(1, of: stream) == ["1"])
        }
        let task = Task {
            for try await _ in try exchange.subscribe(filters: []) {}
        }
        let deadline = ContinuousClock.now + .seconds(10)
        task.cancel()
        _ = try? await task.value
        while exchange.subscriberCount > 0, ContinuousClock.now < deadline { await Task.yield() }
        #expect(exchange.subscriberCount == 0)
    }

    @Test(arguments: [
        ("", "/a"), ("a/b", "/a"), ("n", ""), ("n", "a"), ("n", "/"), ("n", "/a//b"), ("n", "/a/"), ("n", "/a b"),
    ])
    func `an envelope that is not well-formed reaches nobody`(namespace: String, topic: String) async throws {
        let broken = envelope("broken", namespace: namespace, topic: topic)
        #expect(throws: Failure.self) { try broken.check() }
        let exchange = EventExchange(coding: PlainCoding())
        let stream = try exchange.subscribe(filters: [])
        exchange.forward(broken)
        exchange.forward(envelope("good"))
        #expect(try await ids(1, of: stream) == ["good"])
    }

    @Test func `events of many publishers at once are all delivered, each publisher's in order`() async throws {
        let exchange = EventExchange(coding: PlainCoding())
        let stream = try exchange.subscribe(filters: [])
        await withTaskGroup(of: Void.self) { group in
            for publisher in 0..<8 {
                group.addTask {
                    for number in 0..<100 { exchange.forward(envelope("\(publisher) \(number)")) }
                }
            }
        }
        var next = Array(repeating: 0, count: 8)
        for id in try await ids(800, of: stream) {
            let parts = id.split(separator: " ").compactMap { Int($0) }
            #expect(next[parts[0]] == parts[1])
            next[parts[0]] = parts[1] + 1
        }
        #expect(next.allSatisfy { $0 == 100 })
    }
}
