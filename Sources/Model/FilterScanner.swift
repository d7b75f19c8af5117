/// Cuts a filter into tokens and takes the quotes off quoted ones.
struct FilterScanner {
    struct Problem: Error {
        /// From 0, in Unicode scalars.
        var position: Int
        var message: String
    }

    enum Token: Equatable {
        case word(String)
        /// The content without quotes and escapes, and the quote that stood around it: `"`, `/` or `|`.
        case quoted(String, by: Unicode.Scalar)
        case operation(String)
        case dot
        case comma
    }

    private let scalars: [Unicode.Scalar]
    private(set) var position = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    /// The next token and where it begins; nil at the end.
    mutating func next() throws(Problem) -> (Token, Int)? {
        try next(word: FilterScanner.isField)
    }

    /// The next token where a value is expected: a word may hold anything but spaces and commas.
    mutating func nextValue() throws(Problem) -> (Token, Int)? {
        try next(word: FilterScanner.isValue)
    }

    func peek() throws(Problem) -> (Token, Int)? {
        var copy = self
        return try copy.next()
    }

    private mutating func next(word: (Unicode.Scalar) -> Bool) throws(Problem) -> (Token, Int)? {
        while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
        guard position < scalars.count else { return nil }
        let start = position
        switch scalars[start] {
        case "\"", "/", "|": return (try quoted(), start)
        case ".", ",":
            position += 1
            return (scalars[start] == "." ? .dot : .comma, start)
        case "=", "!", "~":
            return (.operation(run { $0 == "=" || $0 == "!" || $0 == "~" }), start)
        case let first where word(first):
            return (.word(run(word)), start)
        default:
            throw Problem(position: start, message: "unexpected \(scalars[start].debugDescription)")
        }
    }

    private mutating func run(_ belongs: (Unicode.Scalar) -> Bool) -> String {
        let start = position
        while position < scalars.count, belongs(scalars[position]) { position += 1 }
        return String(String.UnicodeScalarView(scalars[start..<position]))
    }

    private static func isField(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }

    private static func isValue(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar != "," && !scalar.properties.isWhitespace else { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: return false
        default: return true
        }
    }
}

// Quoted text as Go's string literals have it (language specification, "String literals"), with two more quotes.
extension FilterScanner {
    private mutating func quoted() throws(Problem) -> Token {
        let start = position
        let quote = scalars[start]
        var bytes: [UInt8] = []
        position += 1
        while true {
            guard position < scalars.count, scalars[position] != "\n" else {
                throw Problem(position: start, message: "the quoted text has no closing \(quote)")
            }
            let scalar = scalars[position]
            position += 1
            if scalar == quote { break }
            if scalar == "\\" {
                try escape(quote, into: &bytes)
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problem(position: start, message: "the quoted text is not UTF-8")
        }
        return .quoted(text, by: quote)
    }

    private mutating func escape(_ quote: Unicode.Scalar, into bytes: inout [UInt8]) throws(Problem) {
        let start = position - 1
        guard position < scalars.count else {
            throw Problem(position: start, message: "the escape sequence has no end")
        }
        let scalar = scalars[position]
        position += 1
        switch scalar {
        case "a": bytes.append(0x07)
        case "b": bytes.append(0x08)
        case "f": bytes.append(0x0C)
        case "n": bytes.append(0x0A)
        case "r": bytes.append(0x0D)
        case "t": bytes.append(0x09)
        case "v": bytes.append(0x0B)
        case "\\": bytes.append(0x5C)
        case quote: bytes.append(contentsOf: UTF8.encode(quote)!)
        case "x": bytes.append(UInt8(try number(digits: 2, radix: 16, from: start)))
        case "u": bytes.append(contentsOf: try scalarBytes(digits: 4, from: start))
        case "U": bytes.append(contentsOf: try scalarBytes(digits: 8, from: start))
        case "0"..."7":
            position -= 1
            let value = try number(digits: 3, radix: 8, from: start)
            guard value <= 255 else { throw Problem(position: start, message: "an octal escape ends at \\377") }
            bytes.append(UInt8(value))
        default: throw Problem(position: start, message: "unknown escape sequence \\\(scalar)")
        }
    }

    private mutating func scalarBytes(digits: Int, from start: Int) throws(Problem) -> UTF8.EncodedScalar {
        let value = try number(digits: digits, radix: 16, from: start)
        guard let scalar = Unicode.Scalar(value), let bytes = UTF8.encode(scalar) else {
            throw Problem(position: start, message: "the escape sequence names no Unicode character")
        }
        return bytes
    }

    private mutating func number(digits: Int, radix: UInt32, from start: Int) throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard position < scalars.count, let digit = scalars[position].hexadecimalValue, digit < radix else {
                throw Problem(
                    position: start, message: "the escape sequence needs \(digits) digits of base \(radix)")
            }
            value = value &* radix &+ digit
            position += 1
        }
        return value
    }
}

extension Unicode.Scalar {
    /// The value of a hexadecimal digit; nil for anything else.
    var hexadecimalValue: UInt32? {
        switch self {
        case "0"..."9": value - 0x30
        case "a"..."f": value - 0x61 + 10
        case "A"..."F": value - 0x41 + 10
        default: nil
        }
    }
}
