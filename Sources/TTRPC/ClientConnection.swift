/// The client's side of one connection: calls out, answers in. It does no I/O of its own.
///
/// `call(_:)` gives the bytes to be written and the stream that names the call. Feed what arrived to `receive(_:)`,
/// then take `nextAnswer()` until it answers nil. When the connection ends, `close()` names the calls that will never
/// be answered.
package struct ClientConnection: Sendable {
    package enum CallError: Error, Hashable, Sendable {
        /// The request's size in bytes is above `FrameHeader.maximumPayload`.
        case messageTooLarge(Int)
        /// The stream numbers are used up, or the connection is closed: open another one.
        case exhausted
    }

    package struct Call: Hashable, Sendable {
        package let stream: UInt32
        package let bytes: [UInt8]
    }

    package struct Answer: Hashable, Sendable {
        package let stream: UInt32
        package let response: Response
    }

    /// Streams whose answer is awaited.
    package private(set) var openStreams: Set<UInt32> = []

    private var reader: FrameReader
    private var nextStream: UInt32? = 1

    package init(maximumPayload: Int = FrameHeader.maximumPayload) {
        reader = FrameReader(maximumPayload: maximumPayload)
    }

    package mutating func call(_ request: Request) throws(CallError) -> Call {
        guard let stream = nextStream else { throw .exhausted }
        let capacity = request.payload.count + request.service.utf8.count + request.method.utf8.count + 64
        let bytes = frame(stream: stream, type: .request, reserving: capacity) { request.write(to: &$0) }
        let size = bytes.count - FrameHeader.size
        guard size <= FrameHeader.maximumPayload else { throw .messageTooLarge(size) }
        let (following, overflow) = stream.addingReportingOverflow(2)
        nextStream = overflow ? nil : following
        openStreams.insert(stream)
        return Call(stream: stream, bytes: bytes)
    }

    package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        reader.append(bytes)
    }

    /// The next answer to an open call. Frames of other types and answers to abandoned calls are passed over.
    package mutating func nextAnswer() -> Answer? {
        while let element = reader.next() {
            switch element {
            case .oversized(let header):
                guard openStreams.remove(header.stream) != nil else { continue }
                let status = Status(.resourceExhausted, "answer of \(header.length) bytes is above the limit")
                return Answer(stream: header.stream, response: .failure(status))
            case .frame(let frame):
                guard frame.header.type == .response, openStreams.remove(frame.header.stream) != nil else { continue }
                return Answer(stream: frame.header.stream, response: Self.decode(frame.payload))
            }
        }
        return nil
    }

    /// Forgets a call whose caller no longer waits; its answer will be passed over.
    package mutating func abandon(_ stream: UInt32) {
        openStreams.remove(stream)
    }

    /// Ends the connection. Answers the streams that were still open, oldest first; nobody will answer them.
    package mutating func close() -> [UInt32] {
        defer { openStreams.removeAll() }
        nextStream = nil
        return openStreams.sorted()
    }

    private static func decode(_ payload: [UInt8]) -> Response {
        do {
            return try payload.withUnsafeBytes { (bytes) throws(WireError) in try Response(reading: bytes) }
        } catch {
            return .failure(Status(.internal, "response envelope: \(error)"))
        }
    }
}
