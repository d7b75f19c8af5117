internal import ContainerdAPI
internal import ContainerdTypes
internal import FoundationEssentials
internal import GRPCCore
package import Model
internal import SwiftProtobuf
internal import Wire

extension Client {
    /// Runs `body` for every event from now on that matches any of `filters`, of all namespaces, until it throws
    /// or the supervisor ends the subscription.
    package func subscribe(
        filters: [String], _ body: @escaping @Sendable (EventEnvelope) async throws -> Void
    ) async throws(Failure) {
        let events = Containerd_Services_Events_V1_Events.Client(wrapping: grpc)
        try await call {
            try await events.subscribe(.with { $0.filters = filters }, metadata: metadata) { response in
                for try await envelope in response.messages {
                    try await body(
                        EventEnvelope(
                            timestamp: Timestamp(envelope.timestamp), namespace: envelope.namespace,
                            topic: envelope.topic, event: TypedPayload(envelope.event)))
                }
            }
        }
    }

    /// The supervisor's version and revision.
    package func version() async throws(Failure) -> (version: String, revision: String) {
        let versions = Containerd_Services_Version_V1_Version.Client(wrapping: grpc)
        return try await call {
            let answer = try await versions.version(.init(), metadata: metadata)
            return (answer.version, answer.revision)
        }
    }
}

/// An event's message as JSON, for people and programs.
package enum EventText {
    private static let known: [String: any SwiftProtobuf.Message.Type] = [
        "containerd.events.ContainerCreate": Containerd_Events_ContainerCreate.self,
        "containerd.events.ContainerUpdate": Containerd_Events_ContainerUpdate.self,
        "containerd.events.ContainerDelete": Containerd_Events_ContainerDelete.self,
        "containerd.events.ContentCreate": Containerd_Events_ContentCreate.self,
        "containerd.events.ContentDelete": Containerd_Events_ContentDelete.self,
        "containerd.services.images.v1.ImageCreate": Containerd_Services_Images_V1_ImageCreate.self,
        "containerd.services.images.v1.ImageUpdate": Containerd_Services_Images_V1_ImageUpdate.self,
        "containerd.services.images.v1.ImageDelete": Containerd_Services_Images_V1_ImageDelete.self,
        "containerd.events.NamespaceCreate": Containerd_Events_NamespaceCreate.self,
        "containerd.events.NamespaceUpdate": Containerd_Events_NamespaceUpdate.self,
        "containerd.events.NamespaceDelete": Containerd_Events_NamespaceDelete.self,
        "containerd.events.SnapshotPrepare": Containerd_Events_SnapshotPrepare.self,
        "containerd.events.SnapshotCommit": Containerd_Events_SnapshotCommit.self,
        "containerd.events.SnapshotRemove": Containerd_Events_SnapshotRemove.self,
        "containerd.events.TaskCreate": Containerd_Events_TaskCreate.self,
        "containerd.events.TaskStart": Containerd_Events_TaskStart.self,
        "containerd.events.TaskDelete": Containerd_Events_TaskDelete.self,
        "containerd.events.TaskExit": Containerd_Events_TaskExit.self,
        "containerd.events.TaskOOM": Containerd_Events_TaskOOM.self,
        "containerd.events.TaskExecAdded": Containerd_Events_TaskExecAdded.self,
        "containerd.events.TaskExecStarted": Containerd_Events_TaskExecStarted.self,
        "containerd.events.TaskPaused": Containerd_Events_TaskPaused.self,
        "containerd.events.TaskResumed": Containerd_Events_TaskResumed.self,
        "containerd.events.TaskCheckpointed": Containerd_Events_TaskCheckpointed.self,
    ]

    /// `{}` for a type that is not one of containerd's events.
    package static func json(_ event: TypedPayload) -> String {
        let name = event.typeURL.split(separator: "/").last.map(String.init) ?? event.typeURL
        guard let type = known[name], let message = try? type.init(serializedBytes: event.value) else { return "{}" }
        return (try? message.jsonString()) ?? "{}"
    }
}
