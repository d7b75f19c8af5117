/// A protobuf message that cannot be read.
package enum WireError: Error, Hashable, Sendable {
    case truncated
    case malformedVarint
    case invalidTag
    case unsupportedWireType(UInt8)
    case unexpectedWireType(field: UInt32)
    case invalidText(field: UInt32)
}

/// Reads protobuf's wire format from memory that it does not own. Groups, long out of use, are refused.
package struct WireReader {
    package enum Kind: UInt8 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    package struct Tag {
        package var field: UInt32
        package var kind: Kind
    }

    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next field's tag, or nil at the end of the message.
    package mutating func nextTag() throws(WireError) -> Tag? {
        if offset == bytes.count { return nil }
        let raw = try varint()
        guard raw >> 3 != 0, raw >> 3 <= 0x1FFF_FFFF else { throw .invalidTag }
        guard let kind = Kind(rawValue: UInt8(raw & 7)) else { throw .unsupportedWireType(UInt8(raw & 7)) }
        return Tag(field: UInt32(raw >> 3), kind: kind)
    }

    package mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < bytes.count else { throw .truncated }
            let byte = bytes[offset]
            offset += 1
            if shift == 63, byte > 1 { throw .malformedVarint }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
            if shift > 63 { throw .malformedVarint }
        }
    }

    package mutating func varint(of tag: Tag) throws(WireError) -> UInt64 {
        guard tag.kind == .varint else { throw .unexpectedWireType(field: tag.field) }
        return try varint()
    }

    package mutating func bytes(of tag: Tag) throws(WireError) -> UnsafeRawBufferPointer {
        guard tag.kind == .bytes else { throw .unexpectedWireType(field: tag.field) }
        let count = try varint()
        guard count <= UInt64(bytes.count - offset) else { throw .truncated }
        defer { offset += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Int(count)])
    }

    package mutating func text(of tag: Tag) throws(WireError) -> String {
        guard let text = String(validating: try bytes(of: tag), as: UTF8.self) else {
            throw .invalidText(field: tag.field)
        }
        return text
    }

    package mutating func skip(_ tag: Tag) throws(WireError) {
        switch tag.kind {
        case .varint: _ = try varint()
        case .bytes: _ = try bytes(of: tag)
        case .fixed32: try advance(by: 4)
        case .fixed64: try advance(by: 8)
        }
    }

    private mutating func advance(by count: Int) throws(WireError) {
        guard bytes.count - offset >= count else { throw .truncated }
        offset += count
    }
}

/// Writes protobuf's wire format; values that are proto3's defaults are left out.
extension [UInt8] {
    mutating func appendVarint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(UInt8(value))
    }

    mutating func appendField(_ field: UInt32, varint value: UInt64) {
        if value == 0 { return }
        appendVarint(UInt64(field) << 3)
        appendVarint(value)
    }

    mutating func appendField(_ field: UInt32, text: String) {
        if text.isEmpty { return }
        appendVarint(UInt64(field) << 3 | 2)
        appendVarint(UInt64(text.utf8.count))
        append(contentsOf: text.utf8)
    }

    /// Present even when empty, as members of a repeated field are.
    mutating func appendField(_ field: UInt32, message: [UInt8]) {
        appendVarint(UInt64(field) << 3 | 2)
        appendVarint(UInt64(message.count))
        append(contentsOf: message)
    }
}
