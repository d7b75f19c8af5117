/// A protobuf message of criu's RPC, written field by field: its options are many, and few of them are given at a time.
/// Field numbers are those of criu's `images/rpc.proto`, which only ever grows.
struct CriuMessage {
    private(set) var bytes: [UInt8] = []

    mutating func number(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }

    mutating func number(_ field: UInt64, _ value: Int32) {
        number(field, UInt64(bitPattern: Int64(value)))
    }

    /// Left out when it is false, as all of criu's switches are by default.
    mutating func flag(_ field: UInt64, _ value: Bool) {
        if value { number(field, UInt64(1)) }
    }

    mutating func text(_ field: UInt64, _ value: String?) {
        if let value { append(field, Array(value.utf8)) }
    }

    mutating func message(_ field: UInt64, _ body: (inout CriuMessage) -> Void) {
        var inner = CriuMessage()
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

/// The fields of a message that was received, the last of each number.
struct CriuFields {
    private var numbers: [UInt64: UInt64] = [:]
    private var blocks: [UInt64: ArraySlice<UInt8>] = [:]

    /// Nil if it is no message.
    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            guard let key = Self.varint(&rest) else { return nil }
            switch key & 7 {
            case 0:
                guard let value = Self.varint(&rest) else { return nil }
                numbers[key >> 3] = value
            case 2:
                guard let count = Self.varint(&rest), count <= UInt64(rest.count) else { return nil }
                blocks[key >> 3] = rest.prefix(Int(count))
                rest = rest.dropFirst(Int(count))
            default: return nil
            }
        }
    }

    func number(_ field: UInt64) -> Int32? { numbers[field].map { Int32(truncatingIfNeeded: $0) } }

    func flag(_ field: UInt64) -> Bool? { numbers[field].map { $0 != 0 } }

    func text(_ field: UInt64) -> String? { blocks[field].map { String(decoding: $0, as: UTF8.self) } }

    func message(_ field: UInt64) -> CriuFields? { blocks[field].flatMap { CriuFields($0) } }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
