internal import NIOCore

/// The nine bytes that every frame of HTTP/2 begins with. RFC 9113, section 4.1.
struct FrameHeader {
    static let size = 9

    enum Kind: UInt8 {
        case data = 0
        case headers = 1
        case reset = 3
        case ping = 6
    }

    /// Nil for kinds that nobody here looks at.
    let kind: Kind?
    let flags: UInt8
    let stream: UInt32
    /// Bytes behind the header.
    let length: Int

    /// Reads `size` bytes.
    init(_ bytes: some Sequence<UInt8>) {
        var fields = bytes.makeIterator()
        func number(_ count: Int) -> UInt32 {
            (0..<count).reduce(0) { value, _ in value << 8 | UInt32(fields.next() ?? 0) }
        }
        length = Int(number(3))
        kind = Kind(rawValue: UInt8(number(1)))
        flags = UInt8(number(1))
        stream = number(4) & 0x7FFF_FFFF
    }

    /// For frames of data and headers: whoever sent it has said all of the call.
    var endsStream: Bool { (kind == .data || kind == .headers) && flags & 1 != 0 }
    /// For pings and settings.
    var isAcknowledgement: Bool { flags & 1 != 0 }

    /// The answer to a ping with `payload`.
    static func acknowledgement(_ payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer(bytes: [0, 0, UInt8(payload.readableBytes), Kind.ping.rawValue, 1, 0, 0, 0, 0])
        frame.writeImmutableBuffer(payload)
        return frame
    }
}

/// Finds the headers in what is sent, however it is cut into pieces.
struct FrameScanner {
    private var header: [UInt8] = []
    /// Bytes of the frame's contents that are yet to come.
    private var rest = 0

    mutating func scan(_ bytes: ByteBufferView, _ body: (FrameHeader) -> Void) {
        var bytes = bytes
        while !bytes.isEmpty {
            let passed = min(rest, bytes.count)
            rest -= passed
            bytes = bytes.dropFirst(passed)
            let missing = bytes.prefix(FrameHeader.size - header.count)
            header += missing
            bytes = bytes.dropFirst(missing.count)
            guard header.count == FrameHeader.size else { return }
            let found = FrameHeader(header)
            header.removeAll(keepingCapacity: true)
            rest = found.length
            body(found)
        }
    }
}
