/// Reads Go's regular expression syntax (package regexp/syntax).
struct FilterPatternParser {
    typealias Problem = FilterPattern.Problem

    private static let maximumDepth = 100
    private static let maximumRepeat = 1000

    private struct Flags {
        var ignoresCase = false
        var multiLine = false
        var dotMatchesNewline = false
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var flags = Flags()

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    mutating func parse() throws(Problem) -> FilterPatternNode {
        let node = try alternatives(depth: 0)
        guard position == scalars.count else { throw Problem(message: "unexpected ) at \(position + 1)") }
        return node
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take() -> Unicode.Scalar? {
        guard position < scalars.count else { return nil }
        position += 1
        return scalars[position - 1]
    }

    private mutating func skip(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func alternatives(depth: Int) throws(Problem) -> FilterPatternNode {
        guard depth <= FilterPatternParser.maximumDepth else {
            throw Problem(message: "nested deeper than \(FilterPatternParser.maximumDepth)")
        }
        var branches = [try sequence(depth: depth)]
        while current == "|" {
            position += 1
            branches.append(try sequence(depth: depth))
        }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence(depth: Int) throws(Problem) -> FilterPatternNode {
        var nodes: [FilterPatternNode] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            if skip("\\Q") {
                while position < scalars.count, !skip("\\E") {
                    nodes.append(literal(scalars[position]))
                    position += 1
                }
                continue
            }
            let start = position
            let node = try atom(depth: depth)
            nodes.append(try repeated(node, from: start))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private func literal(_ scalar: Unicode.Scalar) -> FilterPatternNode {
        guard flags.ignoresCase else { return .scalar(scalar) }
        return .set(FilterPatternSet(ranges: [scalar.value...scalar.value], ignoresCase: true))
    }

    private mutating func atom(depth: Int) throws(Problem) -> FilterPatternNode {
        let start = position
        guard let scalar = take() else { return .empty }
        switch scalar {
        case "(": return try group(depth: depth, from: start)
        case "[": return try bracket(from: start)
        case ".": return flags.dotMatchesNewline ? .any : .anyButNewline
        case "^": return .assertion(flags.multiLine ? .lineStart : .textStart)
        case "$": return .assertion(flags.multiLine ? .lineEnd : .textEnd)
        case "*", "+", "?": throw Problem(message: "nothing before \(scalar) at \(start + 1) to repeat")
        case "\\": return try escape(from: start)
        default: return literal(scalar)
        }
    }
}

// Groups and repetitions.
extension FilterPatternParser {
    private mutating func group(depth: Int, from start: Int) throws(Problem) -> FilterPatternNode {
        let outer = flags
        if skip("?") {
            if skip("P<") || skip("<") {
                while let scalar = current, scalar != ">", scalar != ")" { position += 1 }
                guard skip(">") else { throw Problem(message: "the group's name at \(start + 1) has no >") }
            } else if try readFlags(from: start) {
                // `(?i)` holds up to the end of the group that it stands in.
                return .empty
            }
        }
        let node = try alternatives(depth: depth + 1)
        guard skip(")") else { throw Problem(message: "the group at \(start + 1) has no )") }
        flags = outer
        return node
    }

    /// Reads `i-s:` or `i-s)`.
    /// - Returns: whether `)` ended it.
    private mutating func readFlags(from start: Int) throws(Problem) -> Bool {
        var value = true
        while let scalar = take() {
            switch scalar {
            case "i": flags.ignoresCase = value
            case "m": flags.multiLine = value
            case "s": flags.dotMatchesNewline = value
            case "U": break
            case "-": value = false
            case ":": return false
            case ")": return true
            default: throw Problem(message: "unknown group (?\(scalar) at \(start + 1)")
            }
        }
        throw Problem(message: "the group at \(start + 1) has no )")
    }

    private mutating func repeated(_ node: FilterPatternNode, from start: Int) throws(Problem) -> FilterPatternNode {
        let operatorStart = position
        guard let (minimum, maximum) = try readRepetition() else { return node }
        _ = skip("?")
        let nested = position
        guard try readRepetition() == nil else {
            throw Problem(message: "one repetition right after another at \(nested + 1)")
        }
        let limit = FilterPatternParser.maximumRepeat
        guard minimum <= limit, (maximum ?? 0) <= limit, minimum <= maximum ?? minimum else {
            throw Problem(message: "the repetition at \(operatorStart + 1) is not within 0 to \(limit)")
        }
        return .repetition(node, minimum: minimum, maximum: maximum)
    }

    private mutating func readRepetition() throws(Problem) -> (Int, Int?)? {
        switch current {
        case "*":
            position += 1
            return (0, nil)
        case "+":
            position += 1
            return (1, nil)
        case "?":
            position += 1
            return (0, 1)
        case "{":
            // A brace that opens no repetition stands for itself, as in Go.
            let start = position
            position += 1
            if let minimum = readNumber() {
                if skip("}") { return (minimum, minimum) }
                if skip(",") {
                    if skip("}") { return (minimum, nil) }
                    if let maximum = readNumber(), skip("}") { return (minimum, maximum) }
                }
            }
            position = start
            return nil
        default: return nil
        }
    }

    private mutating func readNumber() -> Int? {
        var number: Int?
        while let scalar = current, case "0"..."9" = scalar {
            number = min((number ?? 0) * 10 + Int(scalar.value - 0x30), FilterPatternParser.maximumRepeat + 1)
            position += 1
        }
        return number
    }
}

// Escapes and bracket expressions.
extension FilterPatternParser {
    private mutating func escape(from start: Int) throws(Problem) -> FilterPatternNode {
        switch current {
        case "A":
            position += 1
            return .assertion(.textStart)
        case "z":
            position += 1
            return .assertion(.textEnd)
        case "b":
            position += 1
            return .assertion(.wordBoundary)
        case "B":
            position += 1
            return .assertion(.noWordBoundary)
        default:
            if let set = classEscape() { return .set(set) }
            return literal(try characterEscape(from: start))
        }
    }

    /// `\d` and its like, after the backslash.
    private mutating func classEscape() -> FilterPatternSet? {
        guard let scalar = current, let ranges = FilterPatternSet.perl[scalar.lowercase] else { return nil }
        position += 1
        return FilterPatternSet(ranges: ranges, isNegated: scalar != scalar.lowercase)
    }

    /// One character, after the backslash.
    private mutating func characterEscape(from start: Int) throws(Problem) -> Unicode.Scalar {
        guard let scalar = take() else { throw Problem(message: "a backslash at the end") }
        switch scalar {
        case "a": return "\u{07}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "v": return "\u{0B}"
        case "x": return try hexadecimal(from: start)
        case "0"..."7": return try octal(scalar, from: start)
        default:
            let isPunctuation = scalar.isASCII && !scalar.properties.isAlphabetic && scalar.value > 0x20
            guard isPunctuation, scalar != "\u{7F}", scalar.hexadecimalValue == nil else {
                throw Problem(message: "unknown escape \\\(scalar) at \(start + 1)")
            }
            return scalar
        }
    }

    /// `\0` and `\123`; `\1` would be a back reference, which there is none of.
    private mutating func octal(_ first: Unicode.Scalar, from start: Int) throws(Problem) -> Unicode.Scalar {
        var value = first.value - 0x30
        var digits = 1
        while digits < 3, let scalar = current, case "0"..."7" = scalar {
            value = value * 8 + scalar.value - 0x30
            digits += 1
            position += 1
        }
        guard first == "0" || digits > 1, let scalar = Unicode.Scalar(value) else {
            throw Problem(message: "back references are not supported, at \(start + 1)")
        }
        return scalar
    }

    private mutating func hexadecimal(from start: Int) throws(Problem) -> Unicode.Scalar {
        let isBraced = skip("{")
        var value: UInt32 = 0
        var digits = 0
        while digits < (isBraced ? 8 : 2), let digit = current?.hexadecimalValue {
            value = value << 4 | digit
            digits += 1
            position += 1
        }
        guard digits > 0, isBraced ? skip("}") : digits == 2, let scalar = Unicode.Scalar(value) else {
            throw Problem(message: "a malformed \\x escape at \(start + 1)")
        }
        return scalar
    }

    private mutating func bracket(from start: Int) throws(Problem) -> FilterPatternNode {
        var set = FilterPatternSet(ignoresCase: flags.ignoresCase)
        set.isNegated = skip("^")
        var isFirst = true
        while let scalar = current {
            if scalar == "]" && !isFirst {
                position += 1
                return .set(set)
            }
            isFirst = false
            if try appendClass(to: &set) { continue }
            let low = try bracketCharacter(from: start)
            var high = low
            if current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                position += 1
                high = try bracketCharacter(from: start)
            }
            guard low <= high else { throw Problem(message: "the range \(low)-\(high) is upside down") }
            set.ranges.append(low.value...high.value)
        }
        throw Problem(message: "the [ at \(start + 1) has no ]")
    }

    private mutating func bracketCharacter(from start: Int) throws(Problem) -> Unicode.Scalar {
        guard let scalar = take() else { throw Problem(message: "the [ at \(start + 1) has no ]") }
        return scalar == "\\" ? try characterEscape(from: position - 1) : scalar
    }

    /// `[:alpha:]`, `[:^alpha:]` or `\d` inside brackets.
    private mutating func appendClass(to set: inout FilterPatternSet) throws(Problem) -> Bool {
        let start = position
        if skip("[:") {
            let isNegated = skip("^")
            var name = ""
            while let scalar = current, case "a"..."z" = scalar {
                name.unicodeScalars.append(scalar)
                position += 1
            }
            guard skip(":]"), let ranges = FilterPatternSet.posix[name] else {
                throw Problem(message: "unknown class at \(start + 1)")
            }
            set.ranges += isNegated ? FilterPatternSet.inverse(ranges) : ranges
            return true
        }
        guard skip("\\") else { return false }
        guard let escaped = classEscape() else {
            position = start
            return false
        }
        set.ranges += escaped.isNegated ? FilterPatternSet.inverse(escaped.ranges) : escaped.ranges
        return true
    }
}
