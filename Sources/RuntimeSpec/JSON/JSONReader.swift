/// Reads one JSON document straight into typed values, without a tree in between, and knows where it stands.
///
/// Strict RFC 8259, and stricter where the values go to the kernel: NUL in a string, invalid UTF-8 and lone surrogates
/// are refused. See ``JSONLimits`` for sizes.
///
/// Not built on one of the C libraries: the common ones hold integers as signed 64 bits and so refuse the
/// 18446744073709551615 that engines write for an unlimited resource, and all of them pay for a tree that is thrown
/// away.
package struct JSONReader {
    /// The document. Borrowed: it outlives the reader, which lives only inside `parse`.
    let bytes: UnsafeRawBufferPointer

    /// The next byte to look at; never beyond the end.
    var position = 0

    private enum Step {
        /// The bytes of a key between its quotes.
        case key(Range<Int>)
        case index(Int)
        /// An array or object that has not shown its first element.
        case opening
    }

    /// One step for each array or object that is open.
    private var steps: [Step] = []
    private var elements = 0

    /// Which field of the record at hand is looked for; see `JSONReader+Fields.swift`.
    var search = FieldSearch()

    private init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        steps.reserveCapacity(16)
    }

    /// Reads a document that is one value of the given type. `null` is refused.
    package static func parse<Value: JSONValue>(
        _ type: Value.Type = Value.self, _ bytes: UnsafeRawBufferPointer
    ) throws(SpecError) -> Value {
        guard bytes.count <= JSONLimits.bytes else {
            throw SpecError(path: "", "document of \(bytes.count) bytes, at most \(JSONLimits.bytes) are read")
        }
        var reader = JSONReader(bytes)
        let value = try Value.read(from: &reader)
        reader.skipWhitespace()
        guard reader.position == bytes.count else {
            throw reader.failure("expected the end of the document at byte \(reader.position)")
        }
        return value
    }

    /// The byte at hand, or 0 at the end: no token begins with NUL.
    @inline(__always)
    var byte: UInt8 {
        position < bytes.count ? bytes[position] : 0
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Takes `null` if it stands here.
    mutating func skipNull() throws(SpecError) -> Bool {
        skipWhitespace()
        guard byte == UInt8(ascii: "n") else { return false }
        try take("null")
        return true
    }

    mutating func take(_ literal: StaticString) throws(SpecError) {
        let end = position + literal.utf8CodeUnitCount
        guard end <= bytes.count,
            UnsafeRawBufferPointer(rebasing: bytes[position..<end]).elementsEqual(
                UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
        else { throw syntaxFailure("a value") }
        position = end
    }
}

// MARK: - Arrays and objects

extension JSONReader {
    mutating func beginArray() throws(SpecError) {
        try begin(UInt8(ascii: "["), "an array")
    }

    mutating func beginObject() throws(SpecError) {
        try begin(UInt8(ascii: "{"), "an object")
    }

    private mutating func begin(_ bracket: UInt8, _ what: StaticString) throws(SpecError) {
        skipWhitespace()
        guard byte == bracket else { throw mismatch(expected: "\(what)") }
        guard steps.count < JSONLimits.depth else {
            throw failure("nested deeper than \(JSONLimits.depth) levels")
        }
        position += 1
        steps.append(.opening)
    }

    /// Moves to the next element and answers true, or leaves the array. A `null` element is refused.
    mutating func nextElement() throws(SpecError) -> Bool {
        guard let last = steps.last else { return false }
        skipWhitespace()
        var index = 0
        if byte == UInt8(ascii: "]") {
            position += 1
            steps.removeLast()
            return false
        }
        if case .index(let previous) = last {
            guard byte == UInt8(ascii: ",") else { throw syntaxFailure("\",\" or \"]\"") }
            position += 1
            skipWhitespace()
            index = previous + 1
        }
        steps[steps.count - 1] = .index(index)
        try countElement()
        return true
    }

    /// Moves to the value of the next key and answers true, or leaves the object.
    mutating func nextKey() throws(SpecError) -> Bool {
        guard let last = steps.last else { return false }
        skipWhitespace()
        if byte == UInt8(ascii: "}") {
            position += 1
            steps.removeLast()
            return false
        }
        if case .key = last {
            guard byte == UInt8(ascii: ",") else { throw syntaxFailure("\",\" or \"}\"") }
            position += 1
            skipWhitespace()
        }
        guard byte == UInt8(ascii: "\"") else { throw syntaxFailure("a key in quotes") }
        let key = try scanString()
        steps[steps.count - 1] = .key(key.range)
        skipWhitespace()
        guard byte == UInt8(ascii: ":") else { throw syntaxFailure("\":\"") }
        position += 1
        return true
    }

    /// The key that `nextKey` moved to, as it stands in the document.
    var keyRange: Range<Int> {
        if case .key(let range) = steps.last { return range }
        return 0..<0
    }

    /// The key that `nextKey` moved to, decoded.
    func keyString() throws(SpecError) -> String {
        try decodeString(keyRange)
    }

    /// Counts towards the limit on elements of the whole document.
    mutating func countElement() throws(SpecError) {
        elements += 1
        guard elements <= JSONLimits.elements else {
            throw failure("more than \(JSONLimits.elements) elements in the document")
        }
    }
}

// MARK: - Errors

extension JSONReader {
    /// The place the reader stands at. Keys appear as the document has them, escapes and all: to decode one can fail,
    /// and this is what failures are made of.
    var path: String {
        var path = ""
        for step in steps {
            switch step {
            case .opening: break
            case .index(let index): path += "[\(index)]"
            case .key(let range):
                let key = Self.excerpt(String(decoding: bytes[range], as: UTF8.self))
                let plain = key.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
                path += plain ? (path.isEmpty ? key : ".\(key)") : "[\"\(key)\"]"
            }
        }
        return path
    }

    package func failure(_ message: String) -> SpecError {
        SpecError(path: path, message)
    }

    /// The document is not JSON here.
    func syntaxFailure(_ expected: String) -> SpecError {
        guard position < bytes.count else { return failure("expected \(expected), found the end of the document") }
        return failure("expected \(expected) at byte \(position), found \(Self.quote(byte))")
    }

    /// There is JSON here, but of another type.
    func mismatch(expected: String) -> SpecError {
        switch byte {
        case UInt8(ascii: "{"): failure("expected \(expected), found an object")
        case UInt8(ascii: "["): failure("expected \(expected), found an array")
        case UInt8(ascii: "\""): failure("expected \(expected), found a string")
        case UInt8(ascii: "t"), UInt8(ascii: "f"): failure("expected \(expected), found a boolean")
        case UInt8(ascii: "n"): failure("expected \(expected), found null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): failure("expected \(expected), found a number")
        default: syntaxFailure(expected)
        }
    }

    /// At most 64 characters of what an attacker wrote, without control characters, fit for a log line.
    static func excerpt(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(64) {
            result.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
        }
        return text.unicodeScalars.count > 64 ? result + "..." : result
    }

    private static func quote(_ byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "\"\(Character(Unicode.Scalar(byte)))\"" : "byte \(byte)"
    }
}
