/// The bytes of one stream that wait to be sent.
struct OutgoingBody {
    enum End {
        case open, end
        case trailers([HeaderField])
    }

    private var bytes: [UInt8] = []
    private var offset = 0
    var end = End.open
    /// Whether the library has been told that there is nothing to send for now.
    var isDeferred = false

    var count: Int { bytes.count - offset }

    mutating func append(_ more: some Collection<UInt8>) {
        // A stream whose writer is always ahead is never empty.
        if offset > Self.keptCapacity {
            bytes.removeSubrange(..<offset)
            offset = 0
        }
        bytes += more
    }

    /// Moves as many bytes as fit into `target`. - Returns: how many.
    mutating func move(to target: UnsafeMutableRawBufferPointer) -> Int {
        let taken = min(count, target.count)
        bytes.withUnsafeBytes { target.copyMemory(from: .init(rebasing: $0[offset..<offset + taken])) }
        offset += taken
        if offset == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
            offset = 0
        }
        return taken
    }

    /// What a stream that sends many small messages keeps between them.
    private static let keptCapacity = 1 << 16
}
