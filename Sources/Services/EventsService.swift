package import ContainerdAPI
package import ContainerdTypes
package import GRPCCore
package import Model
package import SwiftProtobuf
internal import Wire

/// What happens, to whom it concerns. `containerd.services.events.v1`.
package struct EventsService: Containerd_Services_Events_V1_Events.ServiceProtocol {
    private let sink: any EventSink
    private let source: any EventSource

    package init(sink: any EventSink, source: any EventSource) {
        self.sink = sink
        self.source = source
    }

    package func publish(
        request: ServerRequest<Containerd_Services_Events_V1_PublishRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let envelope = EventEnvelope(
            timestamp: .now(), namespace: try request.metadata.namespace(), topic: request.message.topic,
            event: TypedPayload(request.message.event))
        try envelope.check()
        sink.forward(envelope)
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func forward(
        request: ServerRequest<Containerd_Services_Events_V1_ForwardRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        sink.forward(try EventEnvelope(checking: request.message.envelope))
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func subscribe(
        request: ServerRequest<Containerd_Services_Events_V1_SubscribeRequest>, context: ServerContext
    ) async throws -> StreamingServerResponse<Containerd_Types_Envelope> {
        let events = try source.subscribe(filters: request.message.filters)
        return StreamingServerResponse { writer in
            // A subscriber that goes while nothing happens would stay until something does.
            try await untilClientIsLost {
                for try await event in events {
                    try await writer.write(event.wire)
                }
                // Who still hears this has not gone. An end without an error would pass for "no more events, ever".
                throw Failure(.unavailable, "events: the supervisor ends; subscribe again")
            }
            return [:]
        }
    }
}

extension EventEnvelope {
    /// - Throws: `invalidArgument` for a namespace or topic that none of ours could have.
    package init(checking wire: Containerd_Types_Envelope) throws(Failure) {
        self.init(
            timestamp: Timestamp(wire.timestamp), namespace: wire.namespace, topic: wire.topic,
            event: TypedPayload(wire.event))
        try check()
        guard wire.hasTimestamp else { throw .invalid("event \"\(wire.topic)\": it has no time stamp") }
    }

    var wire: Containerd_Types_Envelope {
        .with {
            $0.timestamp = timestamp.wire
            $0.namespace = namespace
            $0.topic = topic
            $0.event = event.wire
        }
    }
}
