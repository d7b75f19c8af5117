package import TTRPC

/// One message of a stream of `containerd.services.streaming.v1.Streaming`, as containerd's `core/transfer/streaming`
/// moves bytes over it: each a `google.protobuf.Any`.
package enum StreamMessage: Hashable, Sendable {
    /// The client's first one: the name of the stream.
    case begin(id: String)
    case data([UInt8])
    /// The receiver of data takes so many bytes more.
    case window(UInt32)

    package static let service = "containerd.services.streaming.v1.Streaming"

    /// What the server answers the first message with.
    package static let acknowledgement = TypedValue(typeURL: "google.protobuf.Empty", value: []).encoded()

    private static let beginType = "containerd.services.streaming.v1.StreamInit"
    private static let dataType = "containerd.types.transfer.Data"
    private static let windowType = "containerd.types.transfer.WindowUpdate"

    package init(decoding payload: [UInt8]) throws(Status) {
        let message = try TypedValue(decoding: payload)
        let read: StreamMessage?
        do throws(WireError) {
            read = try Self.read(message)
        } catch {
            throw Status(.invalidArgument, "stream: \"\(message.typeURL)\": \(error)")
        }
        guard let read else {
            throw Status(
                .invalidArgument,
                "stream: expected a message of type \"\(Self.beginType)\", \"\(Self.dataType)\" or "
                    + "\"\(Self.windowType)\", found \"\(message.typeURL)\"")
        }
        self = read
    }

    /// Nil for messages of other types.
    private static func read(_ message: TypedValue) throws(WireError) -> StreamMessage? {
        switch message.typeName {
        case beginType[...]: .begin(id: String(decoding: try bytes(of: message), as: UTF8.self))
        case dataType[...]: .data(try bytes(of: message))
        case windowType[...]: .window(try update(of: message))
        default: nil
        }
    }

    /// The first field, the only one.
    private static func bytes(of message: TypedValue) throws(WireError) -> [UInt8] {
        try message.value.withUnsafeBufferPointer { (buffer) throws(WireError) -> [UInt8] in
            var bytes: [UInt8] = []
            var reader = WireReader(UnsafeRawBufferPointer(buffer))
            while let tag = try reader.nextTag() {
                if tag.field == 1 { bytes = Array(try reader.bytes(of: tag)) } else { try reader.skip(tag) }
            }
            return bytes
        }
    }

    private static func update(of message: TypedValue) throws(WireError) -> UInt32 {
        try message.value.withUnsafeBufferPointer { (buffer) throws(WireError) -> UInt32 in
            var update: UInt64 = 0
            var reader = WireReader(UnsafeRawBufferPointer(buffer))
            while let tag = try reader.nextTag() {
                if tag.field == 1 { update = try reader.varint(of: tag) } else { try reader.skip(tag) }
            }
            return UInt32(clamping: Int32(truncatingIfNeeded: update))
        }
    }

    package func encoded() -> [UInt8] {
        var writer = MessageWriter()
        let type: String
        switch self {
        case .begin(let id):
            type = Self.beginType
            writer.text(1, id)
        case .data(let bytes):
            type = Self.dataType
            writer.binary(1, bytes)
        case .window(let update):
            type = Self.windowType
            writer.number(1, UInt64(update))
        }
        return TypedValue(typeURL: type, value: writer.bytes).encoded()
    }
}

extension TypedValue {
    /// As `google.protobuf.Any`.
    func encoded() -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, typeURL)
        writer.binary(2, value)
        return writer.bytes
    }
}
