internal import CNGHTTP2

/// What one end of a connection lets the other do.
package struct SessionLimits: Sendable {
    /// How many bytes of a stream's body the peer may send before they are consumed.
    package var streamWindow: Int32 = 1 << 20
    /// The same for all streams of a connection together.
    package var connectionWindow: Int32 = 1 << 22
    /// The longest payload of a frame, from 2^14 to 2^24 - 1.
    package var frameSize: UInt32 = 1 << 18
    /// How many of its own streams a peer may reset at once, and how many a second after that: each costs the work of a
    /// call that nobody waits for (CVE-2023-44487).
    package var resetBurst: UInt64 = 10_000
    package var resetRate: UInt64 = 1_000
    /// How many answers to pings and settings may wait to be sent before the peer is taken for an attacker: clients
    /// written in Go ping with all that they receive.
    package var waitingAnswers = 1 << 14

    package init() {}

    /// - Returns: what the caller must free by `nghttp2_option_del`.
    func options() -> OpaquePointer? {
        var options: OpaquePointer?
        guard nghttp2_option_new(&options) == 0 else { fatalError("out of memory") }
        // Room is given when what came has been taken, so that a slow taker slows the peer down.
        nghttp2_option_set_no_auto_window_update(options, 1)
        nghttp2_option_set_no_closed_streams(options, 1)
        // Clients of Unix sockets put a path, or nothing, where HTTP wants a host name. What is used is checked where
        // it is used.
        nghttp2_option_set_no_http_messaging(options, 1)
        nghttp2_option_set_max_outbound_ack(options, waitingAnswers)
        nghttp2_option_set_stream_reset_rate_limit(options, resetBurst, resetRate)
        return options
    }

    func submit(to session: OpaquePointer) {
        let settings = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: UInt32(streamWindow)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_FRAME_SIZE.rawValue), value: frameSize),
            nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
        ]
        let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        nghttp2_submit_settings(session, none, settings, settings.count)
        nghttp2_session_set_local_window_size(session, none, 0, connectionWindow)
    }
}
