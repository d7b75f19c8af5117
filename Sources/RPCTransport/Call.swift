internal import GRPCCore
internal import HTTP2
internal import NIOCore

/// One call on a connection, seen from the connection. Belongs to its event loop.
protocol Call: AnyObject {
    func received(_ fields: [HeaderField], isLast: Bool)
    func received(_ bytes: UnsafeRawBufferPointer)
    func receivedEnd()
    /// This end wishes the call to come to its end soon.
    func draining()
    /// There is room to write again.
    func drained()
    /// The call is over for HTTP/2.
    /// - Parameter reason: of a reset; nil when the connection is lost; 0 when it came to its own end.
    func closed(reason: UInt32?)
}

/// Writers that wait until their call has drained.
struct DrainWaiters {
    private var waiters: [CheckedContinuation<Void, any Error>] = []

    mutating func add(_ waiter: CheckedContinuation<Void, any Error>) {
        waiters.append(waiter)
    }

    mutating func resume(_ result: Result<Void, any Error>) {
        let resumed = waiters
        waiters = []
        for waiter in resumed { waiter.resume(with: result) }
    }
}

extension RPCError {
    static let over = RPCError(code: .unavailable, message: "the call is over; nothing can be sent on it")

    /// What a call's end by a reset, or by its connection's loss, says to whoever waits for it.
    static func closed(reason: UInt32?, peer: String) -> RPCError {
        switch reason.flatMap(ResetReason.init) {
        case nil where reason == nil:
            RPCError(code: .unavailable, message: "connection to \(peer) lost")
        case .refused?:
            RPCError(code: .unavailable, message: "call refused by \(peer)")
        case .cancel?, ResetReason.none?:
            RPCError(code: .cancelled, message: "call ended by \(peer)")
        case .enhanceYourCalm?:
            RPCError(code: .resourceExhausted, message: "call reset by \(peer): too many at once")
        default:
            RPCError(code: .internalError, message: "call reset by \(peer): HTTP/2 error \(reason ?? 0)")
        }
    }
}
