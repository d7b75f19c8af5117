internal import Executors
internal import GRPCCore
internal import HTTP2
internal import NIOCore

/// A client's call, from its request to its status. Belongs to its connection's event loop.
final class ServerCall: Call, WritableCall {
    typealias Part = RPCResponsePart<[UInt8]>

    private let connection: Connection
    private let stream: Int32
    private let inbox = Inbox<RPCRequestPart<[UInt8]>>()
    private var reader: MessageReader
    private let maximumMessageSize: Int
    private var waiters = DrainWaiters()
    private var cancellation: ServerContext.RPCCancellationHandle?
    private var hasAnswered = false
    private var hasEnded = false
    private var isClosed = false
    private var isCancelled = false

    init(connection: Connection, stream: Int32, maximumMessageSize: Int) {
        self.connection = connection
        self.stream = stream
        self.maximumMessageSize = maximumMessageSize
        reader = MessageReader(maximumSize: maximumMessageSize)
    }

    /// Hands the call to `handler`, in a task of its own on the event loop's thread.
    func serve(
        _ method: MethodDescriptor, peer: String, loop: any EventLoop, executor: EventLoopExecutor,
        _ handler: @escaping SocketServerTransport.Handler
    ) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let parts = CallParts(inbox: inbox) { count in
            if loop.inEventLoop { bound.value.consumed(count) } else { loop.execute { bound.value.consumed(count) } }
        }
        let stream = RPCStream(
            descriptor: method, inbound: RPCAsyncSequence(wrapping: parts),
            outbound: RPCWriter.Closable(wrapping: CallWriter(loop: loop, call: bound)))
        Task(executorPreference: executor) {
            await withServerContextRPCCancellationHandle { cancellation in
                bound.value.adopt(cancellation)
                await handler(
                    stream,
                    ServerContext(descriptor: method, remotePeer: peer, localPeer: peer, cancellation: cancellation))
            }
            bound.value.handled()
        }
    }

    func draining() {
        cancel()
    }

    /// Tells the handler that nobody waits for it, or that the server is about to end.
    private func cancel() {
        isCancelled = true
        cancellation?.cancel()
    }

    private func adopt(_ cancellation: ServerContext.RPCCancellationHandle) {
        self.cancellation = cancellation
        if isCancelled { cancellation.cancel() }
    }

    private func handled() {
        if !hasEnded { finish(RPCError(code: .internalError, message: "the handler gave no status")) }
        cancellation = nil
    }

    private func consumed(_ count: Int) {
        connection.consumed(count, on: stream)
    }

    // MARK: What the client sends

    func received(_ fields: [HeaderField], isLast: Bool) {
        inbox.put(.metadata(Fields.metadata(fields)))
        if isLast { receivedEnd() }
    }

    func received(_ bytes: UnsafeRawBufferPointer) {
        do throws(MessageReader.Refusal) {
            try reader.read(bytes) { inbox.put(.message($0), size: $0.count) }
            connection.consumed(inbox.credit(for: bytes.count), on: stream)
        } catch {
            connection.consumed(bytes.count, on: stream)
            inbox.end(.failure(refusal(error)))
        }
    }

    private func refusal(_ refusal: MessageReader.Refusal) -> RPCError {
        switch refusal {
        case .compressed:
            RPCError(code: .unimplemented, message: "compressed messages are not understood; send them as they are")
        case .tooLarge(let size):
            RPCError(
                code: .resourceExhausted,
                message: "received message larger than max (\(size) vs. \(maximumMessageSize))")
        }
    }

    func receivedEnd() {
        if reader.isInsideMessage {
            inbox.end(.failure(RPCError(code: .internalError, message: "the last message is cut short")))
        } else {
            inbox.end()
        }
    }

    func drained() {
        waiters.resume(.success(()))
    }

    func closed(reason: UInt32?) {
        isClosed = true
        connection.consumed(inbox.forgive(), on: stream)
        let error = RPCError.closed(reason: reason, peer: "the client")
        inbox.end(.failure(error))
        waiters.resume(.failure(error))
        if !hasEnded || reason != 0 { cancel() }
    }

    // MARK: What the handler answers

    func write(_ part: RPCResponsePart<[UInt8]>) throws -> Bool {
        guard !isClosed, !hasEnded else { throw RPCError.over }
        switch part {
        case .metadata(let metadata):
            guard !hasAnswered else {
                throw RPCError(code: .internalError, message: "an answer begins but once")
            }
            hasAnswered = true
            try connection.respond(Fields.answer(metadata), on: stream, isLast: false)
            return false
        case .message(let message):
            return connection.write(message: message, on: stream)
        case .status(let status, let metadata):
            hasEnded = true
            let trailers = Fields.trailers(status, metadata)
            if hasAnswered {
                connection.finish(stream, trailers: trailers)
            } else {
                try connection.respond(Fields.answer([:]) + trailers, on: stream, isLast: true)
            }
            return false
        }
    }

    /// After the status this says nothing more; without one it is the handler's failure.
    func finish(_ error: (any Error)?) {
        guard !hasEnded, !isClosed else { return }
        hasEnded = true
        connection.reset(stream, .internalError)
    }

    func whenDrained(_ waiter: CheckedContinuation<Void, any Error>) {
        if isClosed {
            waiter.resume(throwing: RPCError.closed(reason: nil, peer: "the client"))
        } else if connection.isFull(stream) {
            waiters.add(waiter)
        } else {
            waiter.resume()
        }
    }
}
