internal import Model

/// The 512 bytes before each entry. POSIX.1-1988 ustar, with the fields that GNU tar and old tars put there.
struct TarHeader: ~Copyable {
    static let size = 512

    enum Flavour {
        case old, ustar, gnu
    }

    /// Owned by the reader and overwritten by the next header.
    let bytes: UnsafeMutableRawBufferPointer

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }
    var type: UInt8 { bytes[156] }

    var flavour: Flavour {
        let magic = bytes[257..<265]
        if magic.elementsEqual("ustar  \0".utf8) { return .gnu }
        if magic.prefix(6).elementsEqual("ustar\0".utf8) { return .ustar }
        return .old
    }

    /// Some old tars summed signed bytes.
    func checkSum() throws(Failure) {
        var unsigned: Int64 = 8 * 32
        var signed: Int64 = 8 * 32
        for index in 0..<Self.size where !(148..<156).contains(index) {
            unsigned += Int64(bytes[index])
            signed += Int64(Int8(bitPattern: bytes[index]))
        }
        let stated = try number(148, 8)
        guard stated == unsigned || stated == signed else {
            throw .malformed("tar: a header's checksum is \(stated), but it adds up to \(unsigned)")
        }
    }

    /// A name that ends with its field or before, at a zero.
    func text(_ start: Int, _ length: Int) -> [UInt8] {
        Array(bytes[start..<(start + length)].prefix { $0 != 0 })
    }

    /// Octal digits among blanks and zeros, or with the first bit set the GNU base-256 form.
    func number(_ start: Int, _ length: Int) throws(Failure) -> Int64 {
        let field = bytes[start..<(start + length)]
        if field.first! & 0x80 != 0 { return try binary(field) }
        let digits = field.drop { $0 == 0x20 || $0 == 0 }.prefix { $0 != 0x20 && $0 != 0 }
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x37).contains(digit) else { throw .malformed("tar: a number in a header is not octal") }
            value = value << 3 | Int64(digit - 0x30)
        }
        return value
    }

    private func binary(_ field: Slice<UnsafeMutableRawBufferPointer>) throws(Failure) -> Int64 {
        // Two's complement, big-endian; the first bit only says which form it is, the second is the sign.
        let isNegative = field.first! & 0x40 != 0
        var value: Int64 = isNegative ? -1 : 0
        for (index, byte) in field.enumerated() {
            let byte = index == 0 ? (isNegative ? byte : byte & 0x7F) : byte
            guard value >= Int64.min >> 8, value <= Int64.max >> 8 else {
                throw .malformed("tar: a number in a header is too large")
            }
            value = value << 8 | Int64(byte)
        }
        return value
    }
}
