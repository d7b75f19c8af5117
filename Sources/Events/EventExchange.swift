package import Model
internal import Synchronization

/// Passes every event to every subscriber whose filters want it.
///
/// Publishing never waits: each subscriber has a buffer of its own, and one that lets it fill is ended with
/// `resourceExhausted` after it has seen what the buffer held. All subscribers see events in one order, in which each
/// publisher's are as it published them. Nothing outlives the process, and nothing is kept for later subscribers but
/// what happened while no supervisor served: see `keepMissed`.
package final class EventExchange: EventSink, EventSource {
    /// Events that a subscriber may be behind.
    package static let defaultCapacity = 8192

    private typealias Stream = AsyncThrowingStream<EventEnvelope, any Error>

    private struct Subscriber {
        let filters: FilterSet
        let continuation: Stream.Continuation
    }

    /// What nobody could have been told of when it happened.
    private struct Missed {
        var events: [EventEnvelope] = []
        /// When clients could first subscribe; nil until then.
        var servedSince: Timestamp?

        /// Shims send late what happened before this process's life.
        func wants(_ envelope: EventEnvelope, capacity: Int) -> Bool {
            guard events.count < capacity else { return false }
            return servedSince.map { envelope.timestamp < $0 } ?? true
        }
    }

    private struct State {
        var subscribers: [Int: Subscriber] = [:]
        var nextNumber = 0
        var missed: Missed?
    }

    private let coding: any EventCoding
    private let capacity: Int
    private let state = Mutex(State())

    package init(coding: any EventCoding, capacity: Int = EventExchange.defaultCapacity) {
        self.coding = coding
        self.capacity = capacity
    }

    /// Keeps what is announced from now on for subscribers to come, since none can come yet.
    ///
    /// The clients of a supervisor that died come back one after another, some time after its successor serves. What
    /// ended in between is told to each of them once, as the first that its subscription brings.
    package func keepMissed() {
        state.withLock { $0.missed = Missed() }
    }

    /// Clients can subscribe from now on: what happens is theirs to hear. What happened before, and is announced
    /// late, is still kept until `forgetMissed`.
    package func serves() {
        state.withLock { $0.missed?.servedSince = .now() }
    }

    /// Who subscribes from now on hears of nothing that happened before.
    package func forgetMissed() {
        state.withLock { $0.missed = nil }
    }

    package func publish(_ event: DomainEvent, namespace: String) {
        // The supervisor's own events cost nothing while nobody listens.
        let isWanted = state.withLock { state in
            !state.subscribers.isEmpty || state.missed.map { $0.servedSince == nil } ?? false
        }
        guard isWanted else { return }
        forward(
            EventEnvelope(
                timestamp: .now(), namespace: namespace, topic: event.topic, event: coding.encode(event)))
    }

    /// An envelope that is not well-formed (see `EventEnvelope.check`) reaches nobody; edges refuse it with a reason.
    package func forward(_ envelope: EventEnvelope) {
        guard (try? envelope.check()) != nil else { return }
        // Subscribers are ended outside the lock: that calls back to `remove`.
        let ended = state.withLock { state in
            var ended: [Stream.Continuation] = []
            if state.missed?.wants(envelope, capacity: capacity) == true { state.missed?.events.append(envelope) }
            let event = FilterableEvent(envelope, coding: coding)
            for (number, subscriber) in state.subscribers where subscriber.filters.matches(event) {
                if case .enqueued = subscriber.continuation.yield(envelope) { continue }
                state.subscribers[number] = nil
                ended.append(subscriber.continuation)
            }
            return ended
        }
        for continuation in ended {
            continuation.finish(
                throwing: Failure(
                    .resourceExhausted, "event subscriber: more than \(capacity) events behind; read faster"))
        }
    }

    package func subscribe(filters: [String]) throws(Failure) -> AsyncThrowingStream<EventEnvelope, any Error> {
        let filters = try FilterSet(filters)
        let (stream, continuation) = Stream.makeStream(bufferingPolicy: .bufferingOldest(capacity))
        let number = state.withLock { state in
            for envelope in state.missed?.events ?? []
            where filters.matches(FilterableEvent(envelope, coding: coding)) {
                continuation.yield(envelope)
            }
            state.nextNumber += 1
            state.subscribers[state.nextNumber] = Subscriber(filters: filters, continuation: continuation)
            return state.nextNumber
        }
        continuation.onTermination = { [weak self] _ in self?.remove(number) }
        return stream
    }

    /// How many are listening.
    package var subscriberCount: Int {
        state.withLock { $0.subscribers.count }
    }

    private func remove(_ number: Int) {
        state.withLock { $0.subscribers[number] = nil }
    }
}
