internal import CNGHTTP2

/// One end of an HTTP/2 connection (RFC 9113), without any I/O of its own: what comes from the peer goes into
/// `receive`, what it should get comes out of `send`, and what happens is told to the events. Framing, header
/// compression and flow control are libnghttp2's.
///
/// Belongs to one thread. Streams are known by their numbers.
package final class Session {
    package enum Role: Sendable {
        case client, server
    }

    /// How many bytes may wait on a stream before whoever writes should pause, and when to go on.
    package static let highWater = 1 << 18
    package static let lowWater = 1 << 16

    private let raw: OpaquePointer
    private let role: Role
    unowned let events: any SessionEvents
    private var bodies: [Int32: OutgoingBody] = [:]
    /// Of the header block that is being received.
    var incomingFields: [HeaderField] = []

    /// - Parameter events: must outlive the session.
    package init(_ role: Role, limits: SessionLimits = SessionLimits(), events: any SessionEvents) {
        self.role = role
        self.events = events
        var session: OpaquePointer?
        let options = limits.options()
        defer { nghttp2_option_del(options) }
        let callbacks = SessionCallbacks.make()
        defer { nghttp2_session_callbacks_del(callbacks) }
        // Both fail for want of memory alone.
        let status =
            role == .server
            ? nghttp2_session_server_new2(&session, callbacks, nil, options)
            : nghttp2_session_client_new2(&session, callbacks, nil, options)
        guard status == 0, let session else { fatalError("out of memory") }
        raw = session
        nghttp2_session_set_user_data(raw, Unmanaged.passUnretained(self).toOpaque())
        limits.submit(to: raw)
    }

    deinit {
        nghttp2_session_del(raw)
    }

    // MARK: The connection

    /// - Throws: when the peer breaks the protocol in a way that ends the connection; what `send` then gives tells it so.
    package func receive(_ bytes: UnsafeRawBufferPointer) throws(SessionError) {
        let taken = nghttp2_session_mem_recv(raw, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        guard taken >= 0 else { throw SessionError(code: Int32(taken)) }
    }

    /// Gives `body` what the peer should get, piece by piece, until there is no more or it says to stop.
    package func send(_ body: (UnsafeRawBufferPointer) -> Bool) throws(SessionError) {
        while true {
            var bytes: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(raw, &bytes)
            guard count >= 0 else { throw SessionError(code: Int32(count)) }
            guard count > 0 else { return }
            guard body(UnsafeRawBufferPointer(start: bytes, count: count)) else { return }
        }
    }

    /// Whether nothing more will be received or sent.
    package var isOver: Bool { nghttp2_session_want_read(raw) == 0 && nghttp2_session_want_write(raw) == 0 }

    /// Tells the peer that no stream after those it has opened will be served.
    package func goAway() {
        let last = nghttp2_session_get_last_proc_stream_id(raw)
        nghttp2_submit_goaway(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, NGHTTP2_NO_ERROR.rawValue, nil, 0)
    }

    // MARK: Streams

    /// Opens a stream with a request whose body is still to come.
    package func request(_ fields: [HeaderField]) throws(SessionError) -> Int32 {
        var provider = SessionCallbacks.body
        let stream = withRawFields(fields) { nghttp2_submit_request(raw, nil, $0, $1, &provider, nil) }
        try SessionError.check(stream)
        bodies[stream] = OutgoingBody()
        return stream
    }

    /// Begins the answer on a stream whose body is still to come.
    package func respond(_ fields: [HeaderField], on stream: Int32) throws(SessionError) {
        var provider = SessionCallbacks.body
        try SessionError.check(withRawFields(fields) { nghttp2_submit_response(raw, stream, $0, $1, &provider) })
        bodies[stream] = OutgoingBody()
    }

    /// Answers on a stream with header fields and nothing else.
    package func respondOnly(_ fields: [HeaderField], on stream: Int32) throws(SessionError) {
        try SessionError.check(withRawFields(fields) { nghttp2_submit_response(raw, stream, $0, $1, nil) })
    }

    /// Queues a part of a stream's body; without effect once the stream is closed.
    /// - Returns: whether whoever writes should wait until the stream has drained.
    package func write(_ bytes: some Collection<UInt8>, on stream: Int32) -> Bool {
        guard bodies[stream] != nil else { return false }
        bodies[stream]!.append(bytes)
        resume(stream)
        return bodies[stream]!.count > Self.highWater
    }

    /// Ends a stream's body, once what was written has been sent.
    package func finish(_ stream: Int32, trailers: [HeaderField]? = nil) {
        guard case .open? = bodies[stream]?.end else { return }
        bodies[stream]!.end = trailers.map { .trailers($0) } ?? .end
        resume(stream)
    }

    package func reset(_ stream: Int32, _ reason: ResetReason) {
        nghttp2_submit_rst_stream(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, reason.rawValue)
    }

    /// Whether so much waits to be sent on a stream that its writer should wait too.
    package func isFull(_ stream: Int32) -> Bool { (bodies[stream]?.count ?? 0) > Self.lowWater }

    /// Gives the peer room for as many bytes as were received and are held no more.
    package func consumed(_ count: Int, on stream: Int32) {
        // A stream that is closed meanwhile counts for its connection all the same.
        nghttp2_session_consume(raw, stream, count)
    }

    private func resume(_ stream: Int32) {
        guard bodies[stream]?.isDeferred == true else { return }
        bodies[stream]!.isDeferred = false
        nghttp2_session_resume_data(raw, stream)
    }

    // MARK: What the library asks for

    enum BodyStep {
        case bytes(Int)
        case lastBytes(Int)
        case later
    }

    /// Fills `buffer` with the next bytes of a body.
    func fill(_ buffer: UnsafeMutableRawBufferPointer, from stream: Int32) -> BodyStep {
        guard bodies[stream] != nil else { return .lastBytes(0) }
        let before = bodies[stream]!.count
        let moved = bodies[stream]!.move(to: buffer)
        let left = before - moved
        if before > Self.lowWater, left <= Self.lowWater { events.drained(stream) }
        guard left == 0 else { return .bytes(moved) }
        switch bodies[stream]!.end {
        case .open:
            guard moved == 0 else { return .bytes(moved) }
            bodies[stream]!.isDeferred = true
            return .later
        case .end, .trailers:
            return .lastBytes(moved)
        }
    }

    /// Submits the trailers that come after the body, if any. - Returns: whether there are any.
    func submitTrailers(of stream: Int32) -> Bool {
        guard case .trailers(let fields)? = bodies[stream]?.end else { return false }
        _ = withRawFields(fields) { nghttp2_submit_trailer(raw, stream, $0, $1) }
        return true
    }

    /// A server that has said all asks a client that has not to stop (RFC 9113, 8.1).
    func sentEnd(of stream: Int32) {
        guard role == .server, nghttp2_session_get_stream_remote_close(raw, stream) == 0 else { return }
        reset(stream, .none)
    }

    func closed(_ stream: Int32, reason: UInt32) {
        bodies[stream] = nil
        events.closed(stream, reason: reason)
    }
}
