/// Where stores and tasks announce what has happened, once it has.
package protocol EventSink: Sendable {
    /// Never waits for subscribers.
    func publish(_ event: DomainEvent, namespace: String)
    /// An event that arrives encoded, from a shim or a client.
    func forward(_ envelope: EventEnvelope)
}

/// What the supervisor itself announces. Each case is one message of `containerd.events` (images: of
/// `containerd.services.images.v1`) with its fields.
package enum DomainEvent: Hashable, Sendable {
    case containerCreated(id: String, image: String, runtime: ContainerRecord.Runtime)
    case containerUpdated(id: String, image: String, labels: [String: String], snapshotKey: String)
    case containerDeleted(id: String)
    case contentCreated(digest: String, size: Int64)
    case contentDeleted(digest: String)
    case imageCreated(name: String, labels: [String: String])
    case imageUpdated(name: String, labels: [String: String])
    case imageDeleted(name: String)
    case namespaceCreated(name: String, labels: [String: String])
    case namespaceUpdated(name: String, labels: [String: String])
    case namespaceDeleted(name: String)
    case snapshotPrepared(key: String, parent: String, snapshotter: String)
    case snapshotCommitted(key: String, name: String, snapshotter: String)
    case snapshotRemoved(key: String, snapshotter: String)
    /// A task whose shim is gone: the supervisor says what the shim no longer can.
    case taskExited(containerID: String, id: String, pid: UInt32, status: UInt32, at: Timestamp)
    case taskDeleted(containerID: String, id: String, pid: UInt32, status: UInt32, at: Timestamp)

    /// The topic that containerd publishes this event under.
    package var topic: String {
        switch self {
        case .containerCreated: "/containers/create"
        case .containerUpdated: "/containers/update"
        case .containerDeleted: "/containers/delete"
        case .contentCreated: "/content/create"
        case .contentDeleted: "/content/delete"
        case .imageCreated: "/images/create"
        case .imageUpdated: "/images/update"
        case .imageDeleted: "/images/delete"
        case .namespaceCreated: "/namespaces/create"
        case .namespaceUpdated: "/namespaces/update"
        case .namespaceDeleted: "/namespaces/delete"
        case .snapshotPrepared: "/snapshot/prepare"
        case .snapshotCommitted: "/snapshot/commit"
        case .snapshotRemoved: "/snapshot/remove"
        case .taskExited: "/tasks/exit"
        case .taskDeleted: "/tasks/delete"
        }
    }
}

/// An event as subscribers receive it. `containerd.types.Envelope`.
package struct EventEnvelope: Hashable, Sendable {
    package var timestamp: Timestamp
    package var namespace: String
    package var topic: String
    package var event: TypedPayload

    package init(timestamp: Timestamp, namespace: String, topic: String, event: TypedPayload) {
        self.timestamp = timestamp
        self.namespace = namespace
        self.topic = topic
        self.event = event
    }
}

/// The exchange as subscribers see it.
package protocol EventSource: Sendable {
    /// Events that match any of `filters` (all, when empty): from now on, and soon after a start also of the time
    /// when no supervisor served. A subscriber that falls far behind is ended with `resourceExhausted` rather than
    /// slowing the others.
    func subscribe(filters: [String]) throws(Failure) -> AsyncThrowingStream<EventEnvelope, any Error>
}

/// Turns events into messages and looks into messages for filters; the room that knows protobuf implements it.
package protocol EventCoding: Sendable {
    func encode(_ event: DomainEvent) -> TypedPayload
    /// The value of a dotted path such as `["container_id"]` in an event's message, for filters on `event.…`.
    func field(_ path: [String], of event: TypedPayload) -> String?
}
