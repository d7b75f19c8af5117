/// Writes a protobuf message field by field, for messages that are long lists of numbers: where each comes from stands
/// beside its field's number. Values that are proto3's defaults are left out.
package struct MessageWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func number(_ field: UInt64, _ value: UInt64) {
        if value == 0 { return }
        varint(field << 3)
        varint(value)
    }

    /// Fields with consecutive numbers, from `first` on.
    package mutating func numbers(from first: UInt64, _ values: UInt64...) {
        for (index, value) in values.enumerated() { number(first + UInt64(index), value) }
    }

    /// A repeated field of numbers, packed.
    package mutating func list(_ field: UInt64, _ values: [UInt64]) {
        if values.isEmpty { return }
        var packed = MessageWriter()
        for value in values { packed.varint(value) }
        append(field, packed.bytes)
    }

    package mutating func fraction(_ field: UInt64, _ value: Double) {
        if value == 0 { return }
        varint(field << 3 | 1)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func text(_ field: UInt64, _ value: String) {
        if !value.isEmpty { append(field, Array(value.utf8)) }
    }

    package mutating func binary(_ field: UInt64, _ value: [UInt8]) {
        if !value.isEmpty { append(field, value) }
    }

    /// A message within the message, present even when it is empty.
    package mutating func message(_ field: UInt64, _ body: (inout MessageWriter) -> Void) {
        var inner = MessageWriter()
        body(&inner)
        append(field, inner.bytes)
    }

    private mutating func append(_ field: UInt64, _ value: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}
