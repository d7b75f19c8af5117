import CProtobufC
import CTaskAPI

/// Writes a message with protobuf-c itself, apart from the code under test.
func packed<Message>(
    _ message: Message, _ initialize: (UnsafeMutablePointer<Message>?) -> Void, _ fill: (inout Message) -> Void
) -> [UInt8] {
    var message = message
    initialize(&message)
    fill(&message)
    return withUnsafeMutablePointer(to: &message) {
        let base = UnsafeMutableRawPointer($0).assumingMemoryBound(to: ProtobufCMessage.self)
        var bytes = [UInt8](repeating: 0, count: protobuf_c_message_get_packed_size(base))
        let count = bytes.count
        let written = bytes.withUnsafeMutableBufferPointer { protobuf_c_message_pack(base, $0.baseAddress) }
        precondition(written == count)
        return bytes
    }
}

/// Reads a message with protobuf-c itself and lends it.
func unpacked<Message, Value>(
    _ bytes: [UInt8],
    _ unpack: (UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?) -> UnsafeMutablePointer<Message>?,
    _ body: (Message) throws -> Value
) throws -> Value? {
    guard let message = bytes.withUnsafeBufferPointer({ unpack(nil, $0.count, $0.baseAddress) }) else { return nil }
    defer {
        protobuf_c_message_free_unpacked(
            UnsafeMutableRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self), nil)
    }
    return try body(message.pointee)
}
