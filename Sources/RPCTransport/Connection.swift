internal import HTTP2
internal import NIOCore

/// Moves bytes between a socket and an HTTP/2 session, and tells each call what is for it.
///
/// Belongs to its event loop. What calls write in one turn of the loop goes out together at the turn's end.
final class Connection: ChannelInboundHandler, SessionEvents {
    typealias InboundIn = ByteBuffer

    private let role: Session.Role
    private lazy var session = Session(role, events: self)
    private var calls: [Int32: any Call] = [:]
    private var context: ChannelHandlerContext?
    private var isFlushScheduled = false
    private var isReceiving = false
    private let opened: ((Connection, Int32, [HeaderField]) -> (any Call)?)?
    private let ended: (Connection) -> Void
    /// No new calls are made here.
    private(set) var isDraining = false

    /// How much room there is for one read from a socket.
    static var receiving: AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 1 << 12, initial: 1 << 13, maximum: 1 << 18)
    }

    /// How many bytes go into one write to the socket.
    private static let writeSize = 1 << 17

    /// - Parameters:
    ///   - opened: makes a call of a stream that the peer has opened with these fields, or has dealt with it.
    ///   - ended: called once, when the connection is no more.
    init(
        _ role: Session.Role, opened: ((Connection, Int32, [HeaderField]) -> (any Call)?)? = nil,
        ended: @escaping (Connection) -> Void
    ) {
        self.opened = opened
        self.ended = ended
        self.role = role
    }

    var isActive: Bool { context?.channel.isActive ?? false }

    // MARK: The socket

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { flush() }
    }

    func channelActive(context: ChannelHandlerContext) {
        flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReceiving = true
        do throws(SessionError) {
            try receive(unwrapInboundIn(data))
            isReceiving = false
            flush()
        } catch {
            isReceiving = false
            // What is left to say is why the connection ends.
            flush()
            context.close(promise: nil)
        }
    }

    private func receive(_ buffer: ByteBuffer) throws(SessionError) {
        let result = buffer.withUnsafeReadableBytes { bytes in
            Result { () throws(SessionError) in try session.receive(bytes) }
        }
        try result.get()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isDraining = true
        let lost = calls
        calls = [:]
        for call in lost.values { call.closed(reason: nil) }
        ended(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Writes what the session has for the peer, as far as the socket takes it.
    private func flush() {
        guard let context, context.channel.isActive else { return }
        var buffer = context.channel.allocator.buffer(capacity: 1 << 12)
        var hasMore = false
        repeat {
            buffer.clear()
            hasMore = false
            do throws(SessionError) {
                try session.send { bytes in
                    buffer.writeBytes(bytes)
                    hasMore = buffer.readableBytes >= Self.writeSize
                    return !hasMore
                }
            } catch {
                context.close(promise: nil)
                return
            }
            if buffer.readableBytes > 0 { context.writeAndFlush(NIOAny(buffer), promise: nil) }
        } while hasMore && context.channel.isWritable
        if !hasMore, session.isOver { context.close(promise: nil) }
    }

    private func flushSoon() {
        guard !isReceiving, !isFlushScheduled, let context else { return }
        isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute { [self] in
            isFlushScheduled = false
            flush()
        }
    }

    // MARK: Calls

    /// Sends a request whose messages are still to come. - Returns: the stream's number.
    func open(_ fields: [HeaderField], for call: any Call) throws(SessionError) -> Int32 {
        let stream = try session.request(fields)
        calls[stream] = call
        flushSoon()
        return stream
    }

    func respond(_ fields: [HeaderField], on stream: Int32, isLast: Bool) throws(SessionError) {
        if isLast { try session.respondOnly(fields, on: stream) } else { try session.respond(fields, on: stream) }
        flushSoon()
    }

    /// Writes one message. - Returns: whether the writer should wait for the call to drain.
    func write(message: [UInt8], on stream: Int32) -> Bool {
        _ = session.write(MessageReader.prefix(message.count), on: stream)
        let isFull = session.write(message, on: stream)
        flushSoon()
        return isFull
    }

    func isFull(_ stream: Int32) -> Bool { session.isFull(stream) }

    func finish(_ stream: Int32, trailers: [HeaderField]? = nil) {
        session.finish(stream, trailers: trailers)
        flushSoon()
    }

    func reset(_ stream: Int32, _ reason: ResetReason) {
        session.reset(stream, reason)
        flushSoon()
    }

    func consumed(_ count: Int, on stream: Int32) {
        guard count > 0 else { return }
        session.consumed(count, on: stream)
        flushSoon()
    }

    /// Ends the connection once the calls on it have.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        session.goAway()
        flush()
        for call in calls.values { call.draining() }
    }

    func close() {
        context?.close(promise: nil)
    }

    // MARK: What the session tells

    func received(_ fields: [HeaderField], on stream: Int32, isLast: Bool) {
        if let call = calls[stream] {
            call.received(fields, isLast: isLast)
        } else if let call = opened?(self, stream, fields) {
            calls[stream] = call
            call.received(fields, isLast: isLast)
        }
    }

    func received(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {
        if let call = calls[stream] {
            call.received(bytes)
        } else {
            session.consumed(bytes.count, on: stream)
        }
    }

    func receivedEnd(on stream: Int32) {
        calls[stream]?.receivedEnd()
    }

    func closed(_ stream: Int32, reason: UInt32) {
        calls.removeValue(forKey: stream)?.closed(reason: reason)
    }

    func drained(_ stream: Int32) {
        calls[stream]?.drained()
    }

    func receivedGoAway() {
        isDraining = true
    }
}
