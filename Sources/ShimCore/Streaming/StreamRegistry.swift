internal import TTRPC
internal import TaskAPI

/// The Streaming service: streams that clients have opened, by name, for processes whose standard streams are named
/// `ttrpc+unix://SOCKET?streaming_id=NAME`.
///
/// A client opens its streams before it names them in Create or Exec. One that no process has claimed goes with its
/// connection.
final class StreamRegistry {
    private struct Place: Hashable {
        let connection: UInt64
        let stream: UInt32
    }

    private var streams: [String: ByteStream] = [:]
    /// Streams that have begun, by where their messages come.
    private var places: [Place: ByteStream] = [:]

    /// A call of the service: the stream's name follows as its first message.
    func handle(_ connection: Connection, _ stream: UInt32, _ request: Request) {
        guard request.method != "Stream" else { return }
        let failure = Status(.unimplemented, "method \"\(request.method)\" is not served here")
        connection.respond(to: stream, .failure(failure))
    }

    /// - Parameter payload: nil where the client only says that it has come to the end.
    func data(_ connection: Connection, _ stream: UInt32, _ payload: [UInt8]?, isLast: Bool) {
        let place = Place(connection: connection.id, stream: stream)
        do throws(Status) {
            if let payload {
                let message = try StreamMessage(decoding: payload)
                if let known = places[place] {
                    known.take(message)
                } else if case .begin(let id) = message, !id.isEmpty {
                    begin(id, connection, place)
                } else {
                    throw Status(.invalidArgument, "stream: expected its name as the first message")
                }
            }
        } catch {
            connection.respond(to: stream, .failure(error))
            leave(place)
        }
        if isLast { places[place]?.finished() }
    }

    private func begin(_ id: String, _ connection: Connection, _ place: Place) {
        let stream = streams[id] ?? ByteStream(id: id)
        streams[id] = stream
        places = places.filter { $0.value !== stream }
        places[place] = stream
        connection.send(StreamMessage.acknowledgement, on: place.stream)
        stream.attach(ByteStream.Peer(connection: connection, stream: place.stream))
    }

    func connectionClosed(_ connection: UInt64) {
        for place in places.keys where place.connection == connection { leave(place) }
    }

    private func leave(_ place: Place) {
        guard let stream = places.removeValue(forKey: place) else { return }
        stream.detach()
        if !stream.isClaimed { streams[stream.id] = nil }
    }

    /// Gives a stream to a process, whose it is until `release`.
    func claim(_ id: String) throws(Status) -> ByteStream {
        guard let stream = streams[id] else {
            throw Status(.notFound, "stream \"\(id)\": no client has opened it")
        }
        guard !stream.isClaimed else {
            throw Status(.alreadyExists, "stream \"\(id)\": is another process's")
        }
        stream.isClaimed = true
        return stream
    }

    /// The process has no more use for it: the client sees its end.
    func release(_ stream: ByteStream) {
        guard streams[stream.id] === stream else { return }
        streams[stream.id] = nil
        places = places.filter { $0.value !== stream }
        stream.isClaimed = false
        stream.detach()
    }
}
