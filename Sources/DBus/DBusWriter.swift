/// Writes values in little-endian order, each aligned from the start of the message. See the D-Bus specification,
/// "Marshaling".
struct DBusWriter {
    private(set) var bytes: [UInt8] = []

    mutating func align(to size: Int) {
        while bytes.count % size != 0 { bytes.append(0) }
    }

    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        align(to: Number.bitWidth / 8)
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(contentsOf other: [UInt8]) {
        bytes.append(contentsOf: other)
    }

    /// Puts a length where room was left for it.
    mutating func replace(_ number: UInt32, at offset: Int) {
        withUnsafeBytes(of: number.littleEndian) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
    }

    mutating func append(_ value: DBusValue) {
        switch value {
        case .byte(let number): append(number)
        case .boolean(let flag): append(UInt32(flag ? 1 : 0))
        case .int32(let number): append(number)
        case .uint32(let number): append(number)
        case .int64(let number): append(number)
        case .uint64(let number): append(number)
        case .double(let number): append(number.bitPattern)
        case .string(let text), .objectPath(let text):
            append(UInt32(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        case .signature(let text): append(signature: text)
        case .array(let element, let values): append(values, of: element)
        case .structure(let members):
            align(to: 8)
            for member in members { append(member) }
        case .variant(let value):
            append(signature: value.typeSignature)
            append(value)
        }
    }

    private mutating func append(signature: String) {
        bytes.append(UInt8(truncatingIfNeeded: signature.utf8.count))
        bytes.append(contentsOf: signature.utf8)
        bytes.append(0)
    }

    /// The length counts from the first element, after what aligns it, which is there without elements, too.
    private mutating func append(_ values: [DBusValue], of element: String) {
        append(UInt32(0))
        let length = bytes.count - 4
        align(to: DBusAlignment.of(element.utf8.first))
        let start = bytes.count
        for value in values { append(value) }
        replace(UInt32(bytes.count - start), at: length)
    }
}

enum DBusAlignment {
    /// Of a type by the first letter of its signature.
    static func of(_ letter: UInt8?) -> Int {
        switch letter {
        case UInt8(ascii: "y"), UInt8(ascii: "g"), UInt8(ascii: "v"): 1
        case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "("), UInt8(ascii: "{"): 8
        default: 4
        }
    }
}
