internal import ContainerdTypes
package import Model
internal import SwiftProtobuf
internal import Wire

/// Events as containerd's messages, and what filters may look at in them.
package struct EventMessages: EventCoding {
    package init() {}

    package func encode(_ event: DomainEvent) -> TypedPayload {
        switch event {
        case .containerCreated(let id, let image, let runtime):
            payload(
                Containerd_Events_ContainerCreate.with { ($0.id, $0.image, $0.runtime) = (id, image, runtime.event) })
        case .containerUpdated(let id, let image, let labels, let key):
            payload(
                Containerd_Events_ContainerUpdate.with {
                    ($0.id, $0.image, $0.labels, $0.snapshotKey) = (id, image, labels, key)
                })
        case .containerDeleted(let id): payload(Containerd_Events_ContainerDelete.with { $0.id = id })
        case .contentCreated(let digest, let size):
            payload(Containerd_Events_ContentCreate.with { ($0.digest, $0.size) = (digest, size) })
        case .contentDeleted(let digest): payload(Containerd_Events_ContentDelete.with { $0.digest = digest })
        case .imageCreated(let name, let labels):
            payload(Containerd_Services_Images_V1_ImageCreate.with { ($0.name, $0.labels) = (name, labels) })
        case .imageUpdated(let name, let labels):
            payload(Containerd_Services_Images_V1_ImageUpdate.with { ($0.name, $0.labels) = (name, labels) })
        case .imageDeleted(let name): payload(Containerd_Services_Images_V1_ImageDelete.with { $0.name = name })
        case .namespaceCreated(let name, let labels):
            payload(Containerd_Events_NamespaceCreate.with { ($0.name, $0.labels) = (name, labels) })
        case .namespaceUpdated(let name, let labels):
            payload(Containerd_Events_NamespaceUpdate.with { ($0.name, $0.labels) = (name, labels) })
        case .namespaceDeleted(let name): payload(Containerd_Events_NamespaceDelete.with { $0.name = name })
        case .snapshotPrepared(let key, let parent, let driver):
            payload(
                Containerd_Events_SnapshotPrepare.with {
                    ($0.key, $0.parent, $0.snapshotter) = (key, parent, driver)
                })
        case .snapshotCommitted(let key, let name, let driver):
            payload(Containerd_Events_SnapshotCommit.with { ($0.key, $0.name, $0.snapshotter) = (key, name, driver) })
        case .snapshotRemoved(let key, let driver):
            payload(Containerd_Events_SnapshotRemove.with { ($0.key, $0.snapshotter) = (key, driver) })
        case .taskExited(let container, let id, let pid, let status, let at):
            payload(
                Containerd_Events_TaskExit.with {
                    ($0.containerID, $0.id, $0.pid) = (container, id, pid)
                    ($0.exitStatus, $0.exitedAt) = (status, at.wire)
                })
        case .taskDeleted(let container, let id, let pid, let status, let at):
            payload(
                Containerd_Events_TaskDelete.with {
                    ($0.containerID, $0.id, $0.pid) = (container, id, pid)
                    ($0.exitStatus, $0.exitedAt) = (status, at.wire)
                })
        }
    }

    package func field(_ path: [String], of event: TypedPayload) -> String? {
        guard let fields = EventFields.of(typeURL: event.typeURL) else { return nil }
        return event.value.withUnsafeBytes { fields.value(at: path[...], in: $0) }
    }

    /// containerd's type URL is the message's bare name.
    private func payload<Message: SwiftProtobuf.Message>(_ message: Message) -> TypedPayload {
        // A message without required fields and without Any's of its own making always encodes.
        let bytes: [UInt8] = (try? message.serializedBytes()) ?? []
        return TypedPayload(typeURL: Message.protoMessageName, value: bytes)
    }
}

extension ContainerRecord.Runtime {
    fileprivate var event: Containerd_Events_ContainerCreate.Runtime {
        .with {
            $0.name = name
            if let options { $0.options = options.wire }
        }
    }
}
