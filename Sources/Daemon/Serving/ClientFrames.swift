internal import NIOCore

/// Keeps from NIO's HTTP/2 handler what it would take for an attack, though every client written in Go does it.
///
/// That handler ends a connection on which more than 200 pings, or more than 200 resets of calls, arrive in 30 seconds,
/// and its limits cannot be set through gRPC's transport. But grpc-go pings whenever it receives data, to measure the
/// way there, and containerd's client resets every call by which it reads content as soon as it has the bytes. A blob
/// of some megabytes is enough; a connection that ends breaks uploads, and makes clients repeat calls that were carried
/// out.
///
/// So pings are answered here. A reset of a call that has ended changes nothing and is dropped; so many resets of calls
/// that have not that they would be too many are passed on later, which a client that has forgotten the call does not
/// see. Sits nearest to the socket, used on its event loop only. RFC 9113, sections 6.4, 6.7.
final class ClientFrames: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// The text that a connection begins with, before its first frame.
    private static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8.count

    /// Bytes that belong to what was passed on last.
    private var rest = ClientFrames.preface
    /// The beginning of a frame of which too little is there to tell what it is.
    private var held = ByteBuffer()
    private var sent = FrameScanner()
    private var calls = OpenCalls()
    private var hasAnswered = false

    /// Well below what NIO's handler takes.
    private var budget = ResetBudget(count: 150, window: .seconds(30))
    /// Resets that wait, as frames, in the order in which they came.
    private var delayed: [(stream: UInt32, frame: ByteBuffer)] = []
    private var timer: Scheduled<Void>?

    // MARK: From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if held.readableBytes > 0 {
            held.writeBuffer(&buffer)
            buffer = held
            held = ByteBuffer()
        }
        // What is at the front of the buffer and is to be passed on.
        var passing = 0
        while passing < buffer.readableBytes {
            if rest > 0 {
                let step = min(rest, buffer.readableBytes - passing)
                rest -= step
                passing += step
                continue
            }
            guard let frame = frame(in: buffer, at: passing) else { break }
            if isForOthers(frame.header, frame.bytes, context) {
                rest = frame.header.length + FrameHeader.size
                continue
            }
            pass(&buffer, passing, context)
            passing = 0
            buffer.moveReaderIndex(forwardBy: frame.bytes.readableBytes)
        }
        pass(&buffer, passing, context)
        if buffer.readableBytes > 0 { held = buffer }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if hasAnswered { context.flush() }
        hasAnswered = false
        context.fireChannelReadComplete()
    }

    private func pass(_ buffer: inout ByteBuffer, _ count: Int, _ context: ChannelHandlerContext) {
        guard count > 0, let part = buffer.readSlice(length: count) else { return }
        context.fireChannelRead(wrapInboundOut(part))
    }

    /// The frame at `offset`: whole if its kind is one that is looked into, else what is there of it. Nil as long as
    /// there is too little of it.
    private func frame(in buffer: ByteBuffer, at offset: Int) -> (header: FrameHeader, bytes: ByteBuffer)? {
        let start = buffer.readerIndex + offset
        let there = buffer.readableBytes - offset
        guard there >= FrameHeader.size else { return nil }
        let header = FrameHeader(buffer.viewBytes(at: start, length: FrameHeader.size)!)
        // One that is too long for its kind is for others to refuse.
        let size = FrameHeader.size + header.length
        guard header.kind == .ping || header.kind == .reset, size <= 17 else { return (header, ByteBuffer()) }
        guard there >= size else { return nil }
        return (header, buffer.getSlice(at: start, length: size)!)
    }

    /// - Returns: false for a frame that has been dealt with.
    private func isForOthers(_ header: FrameHeader, _ bytes: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        calls.received(header)
        guard bytes.readableBytes > 0 else { return true }
        if header.kind == .reset { return isUrgent(header.stream, bytes, context) }
        // A client that does not read its answers is for NIO's handler to end.
        guard !header.isAcknowledgement, header.length == 8, context.channel.isWritable else { return true }
        let payload = bytes.getSlice(at: bytes.readerIndex + FrameHeader.size, length: header.length)!
        context.write(wrapOutboundOut(.byteBuffer(FrameHeader.acknowledgement(payload))), promise: nil)
        hasAnswered = true
        return false
    }

    // MARK: Resets

    private func isUrgent(_ stream: UInt32, _ frame: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        guard calls.reset(stream) else { return false }
        if delayed.isEmpty, budget.spend(at: .now()) {
            calls.remove(stream)
            return true
        }
        delayed.append((stream, frame))
        schedule(at: budget.nextFree, context)
        return false
    }

    private func schedule(at time: NIODeadline, _ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: time) {
            let (frames, context) = bound.value
            frames.timer = nil
            frames.passDelayed(context)
        }
    }

    private func passDelayed(_ context: ChannelHandlerContext) {
        // Not into the middle of another frame.
        guard rest == 0 else { return schedule(at: .now() + .milliseconds(10), context) }
        while let (stream, frame) = delayed.first {
            if calls.contains(stream) {
                guard budget.spend(at: .now()) else { break }
                calls.remove(stream)
                context.fireChannelRead(wrapInboundOut(frame))
            }
            delayed.removeFirst()
        }
        context.fireChannelReadComplete()
        if !delayed.isEmpty { schedule(at: budget.nextFree, context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        delayed = []
    }

    // MARK: To the client

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .byteBuffer(let buffer) = unwrapOutboundIn(data) {
            sent.scan(buffer.readableBytesView) { calls.sent($0) }
        }
        context.write(data, promise: promise)
    }
}
