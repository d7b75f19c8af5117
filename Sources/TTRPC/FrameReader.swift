/// Cuts the bytes of one connection into frames.
///
/// Memory grows with the bytes that arrived, never with the length a peer announces. A frame above the limit is
/// skipped as it arrives and reported once, so that its sender can be answered and the connection goes on.
package struct FrameReader: Sendable {
    package enum Element: Hashable, Sendable {
        case frame(Frame)
        /// A frame whose length is above the limit; its payload is thrown away.
        case oversized(FrameHeader)
    }

    private let maximumPayload: Int
    private var buffer: [UInt8] = []
    private var consumed = 0
    /// Bytes of an oversized payload that are still to come.
    private var skipping = 0

    package init(maximumPayload: Int = FrameHeader.maximumPayload) {
        self.maximumPayload = maximumPayload
    }

    /// Whether a frame has begun and not ended: what a closed connection cut off.
    package var isInsideFrame: Bool { skipping > 0 || consumed < buffer.count }

    /// Takes bytes as they arrived. Call `next()` until it answers nil before giving it more.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var bytes = bytes[...]
        if skipping > 0 {
            let skipped = min(skipping, bytes.count)
            skipping -= skipped
            bytes = bytes.dropFirst(skipped)
        }
        if !bytes.isEmpty { buffer.append(contentsOf: bytes) }
    }

    /// The next whole frame, or nil until more bytes arrive.
    package mutating func next() -> Element? {
        let available = buffer.count - consumed
        guard available >= FrameHeader.size else {
            reclaim()
            return nil
        }
        let header = buffer.withUnsafeBytes { FrameHeader(reading: UnsafeRawBufferPointer(rebasing: $0[consumed...])) }
        let length = Int(header.length)
        if length > maximumPayload {
            let present = min(length, available - FrameHeader.size)
            consumed += FrameHeader.size + present
            skipping = length - present
            reclaim()
            return .oversized(header)
        }
        guard available - FrameHeader.size >= length else {
            reclaim()
            return nil
        }
        let start = consumed + FrameHeader.size
        let payload = Array(buffer[start..<start + length])
        consumed = start + length
        return .frame(Frame(header: header, payload: payload))
    }

    /// Moves a partial frame to the front; gives large memory back once all is consumed.
    private mutating func reclaim() {
        guard consumed > 0 else { return }
        if consumed == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 4096)
        } else {
            buffer.removeFirst(consumed)
        }
        consumed = 0
    }
}
