/// The ten bytes before every ttrpc message: its length, its stream, what it is. All numbers are big-endian.
package struct FrameHeader: Hashable, Sendable {
    /// Bytes of a header on the wire.
    package static let size = 10

    /// The longest payload either side may send, 4 MiB.
    package static let maximumPayload = 4 << 20

    /// Bytes of payload that follow, as the sender claims; hostile until checked.
    package var length: UInt32

    /// Odd when the client opened the stream.
    package var stream: UInt32

    package var type: MessageType
    package var flags: MessageFlags

    package init(length: UInt32, stream: UInt32, type: MessageType, flags: MessageFlags = []) {
        self.length = length
        self.stream = stream
        self.type = type
        self.flags = flags
    }

    /// Reads a header from at least `size` bytes.
    package init(reading bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= Self.size, "a ttrpc header has \(Self.size) bytes")
        length = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
        stream = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        type = MessageType(rawValue: bytes[8])
        flags = MessageFlags(rawValue: bytes[9])
    }

    /// Appends the header's ten bytes.
    package func write(to output: inout [UInt8]) {
        withUnsafeBytes(of: length.bigEndian) { output.append(contentsOf: $0) }
        withUnsafeBytes(of: stream.bigEndian) { output.append(contentsOf: $0) }
        output.append(type.rawValue)
        output.append(flags.rawValue)
    }
}

/// What a frame carries. Types that are not known are skipped, as the protocol asks.
package struct MessageType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// An encoded `Request`, from client to server; opens a stream.
    package static let request = MessageType(rawValue: 1)
    /// An encoded `Response`, from server to client; ends a stream.
    package static let response = MessageType(rawValue: 2)
    /// A message of an open stream, either way.
    package static let data = MessageType(rawValue: 3)
}

package struct MessageFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The sender has nothing more to say on the stream.
    package static let remoteClosed = MessageFlags(rawValue: 1)
    /// The sender will go on with data messages.
    package static let remoteOpen = MessageFlags(rawValue: 2)
    /// The frame has no message; an empty payload is otherwise an empty message.
    package static let noData = MessageFlags(rawValue: 4)
}

/// One message with its header.
package struct Frame: Hashable, Sendable {
    package var header: FrameHeader
    package var payload: [UInt8]

    package init(header: FrameHeader, payload: [UInt8]) {
        self.header = header
        self.payload = payload
    }
}
