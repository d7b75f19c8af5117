/// The server's side of one connection: bytes in, calls and answers out. It does no I/O of its own.
///
/// Feed what arrived to `receive(_:)`, then take `nextAction()` until it answers nil. Calls may be answered in any
/// order and at any later time through `respond(to:with:)`. A call whose client goes on with data, as a streaming method
/// asks for, is answered with data of its own through `data(_:on:)` and `end(_:)` instead.
package struct ServerConnection: Sendable {
    package enum Action: Hashable, Sendable {
        /// A call to be answered with `respond(to:with:)`.
        case call(stream: UInt32, Request)
        /// A message of a stream whose call left it open, nil where there is only the news that it is the last one.
        case data(stream: UInt32, [UInt8]?, isLast: Bool)
        /// Bytes to be written to the peer: the refusal of a frame that is no call.
        case send([UInt8])
    }

    /// Streams that are open: called and not yet answered.
    package private(set) var openStreams: Set<UInt32> = []

    /// Those of them on which the client has more to say.
    private var streamsForData: Set<UInt32> = []
    private var reader: FrameReader
    private var lastStream: UInt32 = 0
    private let maximumOpenStreams: Int

    /// - Parameter maximumOpenStreams: calls that may wait for an answer at once; further ones are refused with
    ///   `resourceExhausted`, which bounds what one peer can make the server remember.
    package init(maximumOpenStreams: Int = 1024, maximumPayload: Int = FrameHeader.maximumPayload) {
        self.maximumOpenStreams = maximumOpenStreams
        reader = FrameReader(maximumPayload: maximumPayload)
    }

    package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        reader.append(bytes)
    }

    package mutating func nextAction() -> Action? {
        while let element = reader.next() {
            switch element {
            case .oversized(let header):
                if header.type == .request, header.stream > lastStream { lastStream = header.stream }
                return refuse(
                    header.stream, .resourceExhausted,
                    "message of \(header.length) bytes: at most \(FrameHeader.maximumPayload) are allowed")
            case .frame(let frame):
                if let action = action(for: frame) { return action }
            }
        }
        return nil
    }

    /// The bytes that answer a call, or nil when the stream is not open (answered already).
    package mutating func respond(to stream: UInt32, with response: Response) -> [UInt8]? {
        guard openStreams.remove(stream) != nil else { return nil }
        streamsForData.remove(stream)
        return Self.encode(response, stream: stream)
    }

    /// The bytes of one message of a stream, or nil when it is not open.
    /// - Parameter payload: at most `FrameHeader.maximumPayload` bytes.
    package func data(_ payload: [UInt8], on stream: UInt32) -> [UInt8]? {
        guard openStreams.contains(stream) else { return nil }
        return frame(stream: stream, type: .data, reserving: payload.count) { $0 += payload }
    }

    /// The bytes that end a stream without an error, or nil when it is not open.
    package mutating func end(_ stream: UInt32) -> [UInt8]? {
        guard openStreams.remove(stream) != nil else { return nil }
        streamsForData.remove(stream)
        return frame(stream: stream, type: .data, flags: [.remoteClosed, .noData], reserving: 0) { _ in }
    }

    private mutating func action(for frame: Frame) -> Action? {
        let stream = frame.header.stream
        guard frame.header.type == .request || frame.header.type == .data else { return nil }
        guard stream % 2 == 1 else {
            return refuse(stream, .invalidArgument, "stream \(stream): a client's streams have odd numbers")
        }
        if frame.header.type == .data { return data(of: frame) }
        guard stream > lastStream else {
            return refuse(stream, .invalidArgument, "stream \(stream): numbers must rise, \(lastStream) was used")
        }
        lastStream = stream
        guard openStreams.count < maximumOpenStreams else {
            return refuse(
                stream, .resourceExhausted, "\(openStreams.count) calls are open on this connection: wait for answers")
        }
        do {
            let request = try frame.payload.withUnsafeBytes { (bytes) throws(WireError) in try Request(reading: bytes) }
            openStreams.insert(stream)
            if frame.header.flags.contains(.remoteOpen) { streamsForData.insert(stream) }
            return .call(stream: stream, request)
        } catch {
            return refuse(stream, .invalidArgument, "request envelope: \(error)")
        }
    }

    private mutating func data(of frame: Frame) -> Action {
        let stream = frame.header.stream
        guard streamsForData.contains(stream) else {
            return refuse(stream, .invalidArgument, "stream \(stream): not open for data")
        }
        let isLast = frame.header.flags.contains(.remoteClosed)
        if isLast { streamsForData.remove(stream) }
        return .data(
            stream: stream, frame.header.flags.contains(.noData) ? nil : frame.payload, isLast: isLast)
    }

    private func refuse(_ stream: UInt32, _ code: StatusCode, _ message: String) -> Action {
        .send(Self.encode(.failure(Status(code, message)), stream: stream))
    }

    private static func encode(_ response: Response, stream: UInt32) -> [UInt8] {
        let capacity =
            switch response {
            case .success(let payload): payload.count + 6
            case .failure(let status): status.message.utf8.count + 32
            }
        let bytes = frame(stream: stream, type: .response, reserving: capacity) { response.write(to: &$0) }
        let size = bytes.count - FrameHeader.size
        if size <= FrameHeader.maximumPayload { return bytes }
        let status = Status(
            .resourceExhausted, "answer of \(size) bytes: at most \(FrameHeader.maximumPayload) are allowed")
        return frame(stream: stream, type: .response, reserving: 128) { Response.failure(status).write(to: &$0) }
    }
}
