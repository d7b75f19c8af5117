/// What happens on a session's streams. Called while the session receives or sends; the session's own methods may be
/// called from here, but for `receive` and `send`.
package protocol SessionEvents: AnyObject {
    /// A request, a response or trailers.
    /// - Parameter isLast: whether the peer sends nothing more on this stream.
    func received(_ fields: [HeaderField], on stream: Int32, isLast: Bool)

    /// A part of a body. `Session.consumed` gives the peer room for as much again.
    func received(_ bytes: UnsafeRawBufferPointer, on stream: Int32)

    /// The peer's body has ended.
    func receivedEnd(on stream: Int32)

    /// Nothing more comes or goes on this stream.
    /// - Parameter reason: 0 when it came to its own end.
    func closed(_ stream: Int32, reason: UInt32)

    /// What was waiting to be sent on this stream has fallen below `Session.lowWater`.
    func drained(_ stream: Int32)

    /// The peer opens no more streams with this connection, nor answers new ones.
    func receivedGoAway()
}
