internal import GRPCCore
internal import HTTP2
internal import NIOCore

/// A call to a server, from its request to its status. Belongs to its connection's event loop.
final class ClientCall: Call, WritableCall {
    typealias Part = RPCRequestPart<[UInt8]>

    private let connection: Connection
    private let method: MethodDescriptor
    private let peer: String
    let inbox = Inbox<RPCResponsePart<[UInt8]>>()
    private var reader: MessageReader
    private var waiters = DrainWaiters()
    /// Once the request's metadata is written.
    private var stream: Int32?
    private var hasBegun = false
    private var isClosed = false

    init(connection: Connection, method: MethodDescriptor, peer: String, maximumMessageSize: Int) {
        self.connection = connection
        self.method = method
        self.peer = peer
        reader = MessageReader(maximumSize: maximumMessageSize)
    }

    func consumed(_ count: Int) {
        guard let stream else { return }
        connection.consumed(count, on: stream)
    }

    /// Whoever made the call wants no more of it.
    func abandon() {
        guard !isClosed else { return }
        if let stream {
            connection.reset(stream, .cancel)
        } else {
            // Its request may still be on the way here from another thread.
            isClosed = true
        }
    }

    // MARK: What is asked

    func write(_ part: RPCRequestPart<[UInt8]>) throws -> Bool {
        guard !isClosed else { throw RPCError.over }
        switch part {
        case .metadata(let metadata):
            guard stream == nil else { throw RPCError(code: .internalError, message: "a request begins but once") }
            guard connection.isActive, !connection.isDraining else {
                let error = RPCError.closed(reason: nil, peer: peer)
                end(.failure(error))
                throw error
            }
            stream = try connection.open(Fields.request(method, metadata), for: self)
            return false
        case .message(let message):
            guard let stream else { throw RPCError(code: .internalError, message: "a request begins with metadata") }
            return connection.write(message: message, on: stream)
        }
    }

    func finish(_ error: (any Error)?) {
        guard let stream else {
            end(.failure(error ?? RPCError(code: .internalError, message: "the request has no metadata")))
            return
        }
        guard !isClosed else { return }
        if let error {
            end(.failure(error))
            connection.reset(stream, .cancel)
        } else {
            connection.finish(stream)
        }
    }

    func whenDrained(_ waiter: CheckedContinuation<Void, any Error>) {
        guard let stream, !isClosed else {
            waiter.resume(throwing: RPCError.closed(reason: nil, peer: peer))
            return
        }
        if connection.isFull(stream) { waiters.add(waiter) } else { waiter.resume() }
    }

    // MARK: What is answered

    func received(_ fields: [HeaderField], isLast: Bool) {
        if !hasBegun, let code = Fields.value(":status", fields), code != "200" {
            end(status: Fields.status(httpCode: code), [:])
        } else if isLast {
            end(status: Fields.status(fields), Fields.metadata(fields))
        } else if !hasBegun {
            hasBegun = true
            inbox.put(.metadata(Fields.metadata(fields)))
        }
    }

    func received(_ bytes: UnsafeRawBufferPointer) {
        do throws(MessageReader.Refusal) {
            try reader.read(bytes) { inbox.put(.message($0), size: $0.count) }
            consumed(inbox.credit(for: bytes.count))
        } catch {
            consumed(bytes.count)
            end(.failure(RPCError(code: .internalError, message: "\(peer) sent what is not understood: \(error)")))
            abandon()
        }
    }

    /// The server's trailers end a call; a body that ends without them is cut short.
    func receivedEnd() {
        end(status: Fields.status([]), [:])
    }

    /// A client waits for what it has asked.
    func draining() {}

    func drained() {
        waiters.resume(.success(()))
    }

    func closed(reason: UInt32?) {
        isClosed = true
        consumed(inbox.forgive())
        let error = RPCError.closed(reason: reason, peer: peer)
        end(.failure(error))
        waiters.resume(.failure(error))
    }

    private func end(status: Status, _ metadata: Metadata) {
        inbox.put(.status(status, metadata))
        inbox.end()
    }

    private func end(_ result: Result<Void, any Error>) {
        inbox.end(result)
    }
}
