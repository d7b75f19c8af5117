internal import CNGHTTP2

/// The C side of a session: finds the session that a call is for.
enum SessionCallbacks {
    /// - Returns: what the caller must free by `nghttp2_session_callbacks_del`.
    static func make() -> OpaquePointer? {
        var callbacks: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0 else { fatalError("out of memory") }
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, _, user in
            owner(user).incomingFields.removeAll(keepingCapacity: true)
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) { _, _, name, nameLength, value, length, _, user in
            owner(user).incomingFields.append(HeaderField(text(name, nameLength), text(value, length)))
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
            received(frame!.pointee, owner(user))
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, length, user in
            owner(user).events.received(UnsafeRawBufferPointer(start: bytes, count: length), on: stream)
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
            let isLast = frame!.pointee.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            switch Int32(frame!.pointee.hd.type) {
            case Int32(NGHTTP2_HEADERS.rawValue) where isLast, Int32(NGHTTP2_DATA.rawValue) where isLast:
                owner(user).sentEnd(of: frame!.pointee.hd.stream_id)
            default:
                break
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, reason, user in
            owner(user).closed(stream, reason: reason)
            return 0
        }
        return callbacks
    }

    /// Where the bytes of every body come from.
    static var body: nghttp2_data_provider {
        nghttp2_data_provider(source: nghttp2_data_source()) { _, stream, buffer, length, flags, _, user in
            let session = owner(user)
            switch session.fill(UnsafeMutableRawBufferPointer(start: buffer, count: length), from: stream) {
            case .bytes(let count):
                return count
            case .later:
                return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            case .lastBytes(let count):
                flags!.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
                if session.submitTrailers(of: stream) { flags!.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue }
                return count
            }
        }
    }
}

private func received(_ frame: nghttp2_frame, _ session: Session) {
    let ends = frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
    switch Int32(frame.hd.type) {
    case Int32(NGHTTP2_HEADERS.rawValue):
        session.events.received(session.incomingFields, on: frame.hd.stream_id, isLast: ends)
    case Int32(NGHTTP2_DATA.rawValue) where ends:
        session.events.receivedEnd(on: frame.hd.stream_id)
    case Int32(NGHTTP2_GOAWAY.rawValue):
        session.events.receivedGoAway()
    default:
        break
    }
}

private func owner(_ user: UnsafeMutableRawPointer?) -> Session {
    Unmanaged<Session>.fromOpaque(user!).takeUnretainedValue()
}

private func text(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
}
