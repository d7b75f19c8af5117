/// Reads values from a message or a part of one that begins at an offset that is a multiple of 8. Everything read is a
/// peer's word: lengths, nesting and types are checked.
struct DBusReader {
    private let bytes: ArraySlice<UInt8>
    private let isBigEndian: Bool
    private var next: Int

    private static let deepest = 32

    init(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) {
        self.bytes = bytes
        self.isBigEndian = isBigEndian
        next = bytes.startIndex
    }

    /// All values of a signature, one after the other.
    mutating func values(_ signature: String) throws(DBusFormatError) -> [DBusValue] {
        var rest = Array(signature.utf8)[...]
        var values: [DBusValue] = []
        while !rest.isEmpty { values.append(try value(&rest, depth: 0)) }
        return values
    }

    private mutating func align(to size: Int) throws(DBusFormatError) {
        let offset = next - bytes.startIndex
        let padding = (size - offset % size) % size
        _ = try take(padding)
    }

    private mutating func take(_ count: Int) throws(DBusFormatError) -> ArraySlice<UInt8> {
        guard count <= bytes.endIndex - next else {
            throw DBusFormatError(message: "expected \(count) bytes more, found the end of the message")
        }
        defer { next += count }
        return bytes[next..<next + count]
    }

    private mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(DBusFormatError) -> Number {
        let size = Number.bitWidth / 8
        try align(to: size)
        var number: Number = 0
        let digits = try take(size)
        withUnsafeMutableBytes(of: &number) { $0.copyBytes(from: digits) }
        return isBigEndian ? Number(bigEndian: number) : Number(littleEndian: number)
    }

    private mutating func text(_ count: Int) throws(DBusFormatError) -> String {
        let text = String(decoding: try take(count), as: UTF8.self)
        _ = try take(1)
        return text
    }

    private mutating func value(_ type: inout ArraySlice<UInt8>, depth: Int) throws(DBusFormatError) -> DBusValue {
        guard let letter = type.popFirst(), depth <= Self.deepest else {
            throw DBusFormatError(message: "expected a type, found none")
        }
        switch letter {
        case UInt8(ascii: "y"): return .byte(try number(UInt8.self))
        case UInt8(ascii: "b"): return .boolean(try number(UInt32.self) != 0)
        case UInt8(ascii: "i"): return .int32(try number(Int32.self))
        case UInt8(ascii: "u"), UInt8(ascii: "h"): return .uint32(try number(UInt32.self))
        // 16 bits are widened: nobody here is told of them.
        case UInt8(ascii: "n"): return .int32(Int32(try number(Int16.self)))
        case UInt8(ascii: "q"): return .uint32(UInt32(try number(UInt16.self)))
        case UInt8(ascii: "x"): return .int64(try number(Int64.self))
        case UInt8(ascii: "t"): return .uint64(try number(UInt64.self))
        case UInt8(ascii: "d"): return .double(Double(bitPattern: try number(UInt64.self)))
        case UInt8(ascii: "s"): return .string(try text(Int(try number(UInt32.self))))
        case UInt8(ascii: "o"): return .objectPath(try text(Int(try number(UInt32.self))))
        case UInt8(ascii: "g"): return .signature(try text(Int(try number(UInt8.self))))
        case UInt8(ascii: "v"):
            var inner = Array(try text(Int(try number(UInt8.self))).utf8)[...]
            let value = try value(&inner, depth: depth + 1)
            guard inner.isEmpty else { throw DBusFormatError(message: "expected one type in a variant, found more") }
            return .variant(value)
        case UInt8(ascii: "a"): return try array(&type, depth: depth)
        case UInt8(ascii: "("): return try structure(&type, until: UInt8(ascii: ")"), depth: depth)
        case UInt8(ascii: "{"): return try structure(&type, until: UInt8(ascii: "}"), depth: depth)
        default: throw DBusFormatError(message: "expected a type, found \"\(Character(Unicode.Scalar(letter)))\"")
        }
    }

    private mutating func structure(
        _ type: inout ArraySlice<UInt8>, until end: UInt8, depth: Int
    ) throws(DBusFormatError) -> DBusValue {
        try align(to: 8)
        var members: [DBusValue] = []
        while let letter = type.first, letter != end { members.append(try value(&type, depth: depth + 1)) }
        guard type.popFirst() == end else { throw DBusFormatError(message: "expected the end of a structure's type") }
        return .structure(members)
    }

    private mutating func array(_ type: inout ArraySlice<UInt8>, depth: Int) throws(DBusFormatError) -> DBusValue {
        let length = Int(try number(UInt32.self))
        let element = try Self.firstType(of: type, depth: depth + 1)
        type = type.dropFirst(element.count)
        try align(to: DBusAlignment.of(element.first))
        let end = next + length
        guard end <= bytes.endIndex else { throw DBusFormatError(message: "expected an array within its message") }
        var values: [DBusValue] = []
        while next < end {
            var one = element
            values.append(try value(&one, depth: depth + 1))
        }
        guard next == end else { throw DBusFormatError(message: "expected an array of whole elements") }
        return .array(of: String(decoding: element, as: UTF8.self), values)
    }

    /// The one whole type that a signature begins with.
    private static func firstType(
        of signature: ArraySlice<UInt8>, depth: Int
    ) throws(DBusFormatError) -> ArraySlice<UInt8> {
        var open = 0
        for index in signature.indices {
            switch signature[index] {
            case UInt8(ascii: "("), UInt8(ascii: "{"): open += 1
            case UInt8(ascii: ")"), UInt8(ascii: "}"): open -= 1
            case UInt8(ascii: "a"): continue
            default: break
            }
            if open < 0 { break }
            if open == 0 { return signature[...index] }
        }
        throw DBusFormatError(message: "expected the type of an array's elements")
    }
}
