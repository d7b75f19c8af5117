package import Model
internal import Synchronization

/// A sink that remembers what was announced, in order.
package final class EventRecorder: EventSink {
    private let recorded = Mutex<[DomainEvent]>([])

    package init() {}

    package var events: [DomainEvent] { recorded.withLock { $0 } }

    package func publish(_ event: DomainEvent, namespace: String) {
        recorded.withLock { $0.append(event) }
    }

    package func forward(_ envelope: EventEnvelope) {}
}
