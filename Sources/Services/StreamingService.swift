internal import ContainerdAPI
internal import ContainerdTypes
package import GRPCCore
internal import Model
package import SwiftProtobuf

/// Streams that requests refer to by a name of the client's choice. `containerd.services.streaming.v1`.
///
/// A stream lives until the request that took it closes it, or its client goes.
package struct StreamingService: Containerd_Services_Streaming_V1_Streaming.ServiceProtocol {
    private let streams: StreamTable

    package init(streams: StreamTable) {
        self.streams = streams
    }

    package func stream(
        request: StreamingServerRequest<Google_Protobuf_Any>, context: ServerContext
    ) async throws -> StreamingServerResponse<Google_Protobuf_Any> {
        let namespace = try request.metadata.namespace()
        return StreamingServerResponse { writer in
            var messages = request.messages.makeAsyncIterator()
            let first = try await messages.next()
            guard let first, let opening = try? Containerd_Services_Streaming_V1_StreamInit(unpackingAny: first),
                !opening.id.isEmpty, opening.id.utf8.count <= 256
            else { throw Failure.invalid("stream: expected a StreamInit with an id as the first message") }
            let stream = ClientStream(writer: writer)
            try await streams.add(stream, id: opening.id, namespace: namespace)
            do {
                // The empty message tells the client that the stream may be used.
                try await writer.write(Google_Protobuf_Any())
                while let message = try await messages.next() {
                    guard await stream.deliver(message) else { break }
                }
                await stream.end()
                // A client that has said all it had to say may still go before anybody has asked for the stream.
                try await untilClientIsLost { await stream.closed() }
            } catch {
                await stream.end(error)
                await streams.remove(opening.id, namespace: namespace)
                throw error
            }
            await streams.remove(opening.id, namespace: namespace)
            return [:]
        }
    }
}

/// The open streams of all clients.
package actor StreamTable {
    private struct Key: Hashable {
        let namespace, id: String
    }

    private var streams: [Key: ClientStream] = [:]

    /// More at once than any client has a use for.
    private static let limit = 4096

    package init() {}

    func add(_ stream: ClientStream, id: String, namespace: String) throws(Failure) {
        guard streams.count < Self.limit else {
            throw Failure(.resourceExhausted, "stream \"\(id)\": \(Self.limit) streams are open already")
        }
        let key = Key(namespace: namespace, id: id)
        guard streams[key] == nil else { throw .alreadyExists("stream", id) }
        streams[key] = stream
    }

    func remove(_ id: String, namespace: String) {
        streams[Key(namespace: namespace, id: id)] = nil
    }

    func find(_ id: String, namespace: String) throws(Failure) -> ClientStream {
        guard let stream = streams[Key(namespace: namespace, id: id)] else { throw .notFound("stream", id) }
        return stream
    }
}
