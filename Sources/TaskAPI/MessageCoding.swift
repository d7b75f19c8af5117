internal import CProtobufC
internal import CTaskAPI
internal import TTRPC

/// Reads one message and gives it to `body`; its memory is gone when this returns, so `body` copies what it keeps.
///
/// The bytes are hostile: what protobuf-c refuses is the caller's `invalidArgument`. Unknown fields are skipped.
func decoding<Message, Value>(
    _ bytes: [UInt8],
    with unpack: (UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?) ->
        UnsafeMutablePointer<Message>?,
    _ body: (borrowing Message) -> Value
) throws(Status) -> Value {
    // An empty message still needs an address.
    let storage = bytes.isEmpty ? [0] : bytes
    guard let message = storage.withUnsafeBufferPointer({ unpack(nil, bytes.count, $0.baseAddress) }) else {
        throw Status(.invalidArgument, "\(Message.self): malformed message of \(bytes.count) bytes")
    }
    defer {
        protobuf_c_message_free_unpacked(
            UnsafeMutableRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self), nil)
    }
    return body(message.pointee)
}

/// Writes one message: `initialize` is its generated initialiser, `fill` sets its fields with memory of the arena.
func encoding<Message>(
    _ message: Message, _ initialize: (UnsafeMutablePointer<Message>?) -> Void,
    _ fill: (inout Message, borrowing Arena) -> Void
) -> [UInt8] {
    let arena = Arena()
    var message = message
    initialize(&message)
    fill(&message, arena)
    return withUnsafeMutablePointer(to: &message) { message in
        let base = UnsafeMutableRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        let size = protobuf_c_message_get_packed_size(base)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = size == 0 ? 0 : protobuf_c_message_pack(base, buffer.baseAddress)
        }
    }
}

/// The memory that the pointers of a message being written point to; freed as a whole.
struct Arena: ~Copyable {
    private final class Blocks {
        var pointers: [UnsafeMutableRawPointer] = []
    }

    private let blocks = Blocks()

    deinit {
        for pointer in blocks.pointers { pointer.deallocate() }
    }

    func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        let utf8 = text.utf8
        let block = UnsafeMutablePointer<CChar>.allocate(capacity: utf8.count + 1)
        var end = block
        for byte in utf8 {
            end.initialize(to: CChar(bitPattern: byte))
            end += 1
        }
        end.initialize(to: 0)
        blocks.pointers.append(UnsafeMutableRawPointer(block))
        return block
    }

    func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        let block = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        block.initialize(from: bytes, count: bytes.count)
        blocks.pointers.append(UnsafeMutableRawPointer(block))
        return ProtobufCBinaryData(len: bytes.count, data: block)
    }

    /// A message within the message.
    func message<Message>(
        _ message: Message, _ initialize: (UnsafeMutablePointer<Message>?) -> Void, _ fill: (inout Message) -> Void
    ) -> UnsafeMutablePointer<Message> {
        let block = UnsafeMutablePointer<Message>.allocate(capacity: 1)
        block.initialize(to: message)
        initialize(block)
        fill(&block.pointee)
        blocks.pointers.append(UnsafeMutableRawPointer(block))
        return block
    }

    /// The vector of pointers that a repeated field is.
    func list<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element?> {
        let block = UnsafeMutablePointer<Element?>.allocate(capacity: max(elements.count, 1))
        for (index, element) in elements.enumerated() { (block + index).initialize(to: element) }
        blocks.pointers.append(UnsafeMutableRawPointer(block))
        return block
    }

    /// The vector of plain numbers that a repeated scalar field is.
    func numbers(_ numbers: [UInt64]) -> UnsafeMutablePointer<UInt64> {
        let block = UnsafeMutablePointer<UInt64>.allocate(capacity: max(numbers.count, 1))
        block.initialize(from: numbers, count: numbers.count)
        blocks.pointers.append(UnsafeMutableRawPointer(block))
        return block
    }
}

extension String {
    /// The text of a field; unset fields are empty. What is not UTF-8 is repaired.
    init(field: UnsafePointer<CChar>?) {
        self = field.map { String(cString: $0) } ?? ""
    }

    init(field: UnsafeMutablePointer<CChar>?) {
        self.init(field: field.map { UnsafePointer($0) })
    }
}
