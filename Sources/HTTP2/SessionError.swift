internal import CNGHTTP2

/// What the library says of a connection that cannot go on.
package struct SessionError: Error, CustomStringConvertible {
    /// One of `nghttp2_error`.
    package let code: Int32

    package var description: String { String(cString: nghttp2_strerror(code)) }

    /// - Returns: `code` when it is a success.
    @discardableResult
    static func check(_ code: Int32) throws(SessionError) -> Int32 {
        guard code >= 0 else { throw SessionError(code: code) }
        return code
    }
}

/// Why a stream is reset (RFC 9113, 7).
package enum ResetReason: UInt32, Sendable {
    case none = 0
    case protocolError = 1
    case internalError = 2
    case refused = 7
    case cancel = 8
    case enhanceYourCalm = 11
}
