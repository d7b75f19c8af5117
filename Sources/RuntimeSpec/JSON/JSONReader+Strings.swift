extension JSONReader {
    mutating func readString() throws(SpecError) -> String {
        skipWhitespace()
        guard byte == UInt8(ascii: "\"") else { throw mismatch(expected: "a string") }
        let string = try scanString()
        return string.escaped ? try decodeString(string.range) : try validated(string.range)
    }

    /// Passes over a string; answers the bytes between its quotes and whether they hold escapes.
    mutating func scanString() throws(SpecError) -> (range: Range<Int>, escaped: Bool) {
        position += 1
        let start = position
        var escaped = false
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return (start..<position - 1, escaped)
            case UInt8(ascii: "\\"):
                escaped = true
                position += 2
            case 0..<0x20:
                throw failure("control character \(bytes[position]) in a string")
            default:
                position += 1
            }
        }
        position = bytes.count
        throw syntaxFailure("the end of a string")
    }

    private func validated(_ range: Range<Int>) throws(SpecError) -> String {
        guard let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self) else {
            throw failure("string is not valid UTF-8")
        }
        return text
    }

    /// The string whose bytes between the quotes are given, with its escapes replaced.
    func decodeString(_ range: Range<Int>) throws(SpecError) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            if byte != UInt8(ascii: "\\") {
                decoded.append(byte)
            } else {
                try decodeEscape(at: &index, before: range.upperBound, into: &decoded)
            }
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw failure("string is not valid UTF-8")
        }
        return text
    }

    private func decodeEscape(at index: inout Int, before end: Int, into decoded: inout [UInt8]) throws(SpecError) {
        guard index < end else { throw failure("unfinished escape in a string") }
        let letter = bytes[index]
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(letter)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0C)
        case UInt8(ascii: "n"): decoded.append(0x0A)
        case UInt8(ascii: "r"): decoded.append(0x0D)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "u"): try decodeUnicode(at: &index, before: end, into: &decoded)
        default: throw failure("unknown escape in a string")
        }
    }

    private func decodeUnicode(at index: inout Int, before end: Int, into decoded: inout [UInt8]) throws(SpecError) {
        var value = try hexadecimal(at: &index, before: end)
        if value >= 0xD800 && value < 0xDC00, index + 1 < end,
            bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
        {
            index += 2
            let low = try hexadecimal(at: &index, before: end)
            guard low >= 0xDC00 && low < 0xE000 else { throw failure("lone surrogate in a string") }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard value != 0 else { throw failure("NUL in a string") }
        guard let scalar = Unicode.Scalar(value) else { throw failure("lone surrogate in a string") }
        decoded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private func hexadecimal(at index: inout Int, before end: Int) throws(SpecError) -> UInt32 {
        guard index + 4 <= end else { throw failure("unfinished escape in a string") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[index]
            index += 1
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw failure("expected four hexadecimal digits in an escape")
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
