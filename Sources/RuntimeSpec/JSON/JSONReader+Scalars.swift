extension JSONReader {
    mutating func readBool() throws(SpecError) -> Bool {
        skipWhitespace()
        switch byte {
        case UInt8(ascii: "t"):
            try take("true")
            return true
        case UInt8(ascii: "f"):
            try take("false")
            return false
        default: throw mismatch(expected: "a boolean")
        }
    }

    mutating func readInteger<Value: FixedWidthInteger>(_ type: Value.Type) throws(SpecError) -> Value {
        skipWhitespace()
        let negative = byte == UInt8(ascii: "-")
        guard negative || isDigit(byte) else { throw mismatch(expected: Self.name(of: type)) }
        if negative { position += 1 }
        guard isDigit(byte) else { throw syntaxFailure("a digit") }
        let leadingZero = byte == UInt8(ascii: "0")
        var digits = 0
        var magnitude: UInt64 = 0
        var overflow = false
        while isDigit(byte) {
            let (product, tooBig) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            overflow = overflow || tooBig || carried
            magnitude = sum
            digits += 1
            position += 1
        }
        guard !leadingZero || digits == 1 else { throw failure("a number must not begin with 0") }
        if byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") {
            throw failure("expected \(Self.name(of: type)), found a number with a fraction or an exponent")
        }
        guard !overflow, let value = Self.value(magnitude, negative: negative, as: type) else {
            throw failure("number out of range, expected \(Self.name(of: type))")
        }
        return value
    }

    private static func value<Value: FixedWidthInteger>(
        _ magnitude: UInt64, negative: Bool, as type: Value.Type
    ) -> Value? {
        guard negative else { return Value(exactly: magnitude) }
        if magnitude <= UInt64(Int64.max) { return Value(exactly: -Int64(magnitude)) }
        return magnitude == UInt64(Int64.max) + 1 ? Value(exactly: Int64.min) : nil
    }

    private static func name<Value: FixedWidthInteger>(of type: Value.Type) -> String {
        Value.isSigned ? "a signed \(Value.bitWidth)-bit number" : "an unsigned \(Value.bitWidth)-bit number"
    }

    @inline(__always)
    func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// Passes over one value of any kind, which must still be well-formed JSON.
    mutating func skipValue() throws(SpecError) {
        skipWhitespace()
        switch byte {
        case UInt8(ascii: "{"):
            try beginObject()
            while try nextKey() { try skipValue() }
        case UInt8(ascii: "["):
            try beginArray()
            while try nextElement() { try skipValue() }
        case UInt8(ascii: "\""): _ = try scanString()
        case UInt8(ascii: "t"): try take("true")
        case UInt8(ascii: "f"): try take("false")
        case UInt8(ascii: "n"): try take("null")
        default: try skipNumber()
        }
    }

    private mutating func skipNumber() throws(SpecError) {
        if byte == UInt8(ascii: "-") { position += 1 }
        if byte == UInt8(ascii: "0") {
            position += 1
        } else {
            try skipDigits("a value")
        }
        if byte == UInt8(ascii: ".") {
            position += 1
            try skipDigits("a digit")
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
            try skipDigits("a digit")
        }
    }

    private mutating func skipDigits(_ expected: String) throws(SpecError) {
        guard isDigit(byte) else { throw syntaxFailure(expected) }
        while isDigit(byte) { position += 1 }
    }
}
