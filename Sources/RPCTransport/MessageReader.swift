/// Cuts a stream's body into messages: a byte that says whether one is compressed, four bytes of length, the message
/// ("Length-Prefixed-Message" of gRPC's protocol over HTTP/2).
struct MessageReader {
    enum Refusal: Error, Equatable {
        case compressed
        case tooLarge(Int)
    }

    static let prefixLength = 5

    private let maximumSize: Int
    private var prefix: [UInt8] = []
    private var message: [UInt8] = []
    /// Of the message that is being read; nil between messages.
    private var length: Int?

    /// - Parameter maximumSize: of a message, in bytes.
    init(maximumSize: Int) {
        self.maximumSize = maximumSize
    }

    /// Whether a message has begun and not ended.
    var isInsideMessage: Bool { length != nil || !prefix.isEmpty }

    /// Calls `body` with each message that `bytes` complete.
    mutating func read(_ bytes: UnsafeRawBufferPointer, _ body: ([UInt8]) -> Void) throws(Refusal) {
        var rest = bytes
        while true {
            if length == nil {
                Self.move(Self.prefixLength - prefix.count, from: &rest, to: &prefix)
                guard prefix.count == Self.prefixLength else { return }
                try begin()
            }
            guard let length else { return }
            Self.move(length - message.count, from: &rest, to: &message)
            guard message.count == length else { return }
            body(message)
            message = []
            self.length = nil
        }
    }

    /// Moves as many bytes as there are, and at most `count`.
    private static func move(_ count: Int, from source: inout UnsafeRawBufferPointer, to target: inout [UInt8]) {
        target += UnsafeRawBufferPointer(rebasing: source.prefix(count))
        source = UnsafeRawBufferPointer(rebasing: source.dropFirst(count))
    }

    private mutating func begin() throws(Refusal) {
        guard prefix[0] == 0 else { throw .compressed }
        let length = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
        guard length <= maximumSize else { throw .tooLarge(length) }
        prefix.removeAll(keepingCapacity: true)
        // The length is the peer's word: room is made for more only as more comes.
        message.reserveCapacity(min(length, Self.trustedLength))
        self.length = length
    }

    private static let trustedLength = 1 << 16

    /// What precedes a message of `length` bytes.
    static func prefix(_ length: Int) -> [UInt8] {
        [0] + (0..<4).reversed().map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
    }
}
