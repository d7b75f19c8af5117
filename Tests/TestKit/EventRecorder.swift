package import Model
internal import Synchronization

/// A sink that remembers what was announced, in order.
package final class EventRecorder: EventSink {
    private let recorded = Mutex<[(event: DomainEvent, namespace: String)]>([])

    package init() {}

    package var events: [DomainEvent] { recorded.withLock { $0.map(\.event) } }
    package var namespaces: [String] { recorded.withLock { $0.map(\.namespace) } }

    package func publish(_ event: DomainEvent, namespace: String) {
        recorded.withLock { $0.append((event, namespace)) }
    }

    package func forward(_ envelope: EventEnvelope) {}
}
