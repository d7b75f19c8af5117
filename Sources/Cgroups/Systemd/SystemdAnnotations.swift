internal import DBus

/// Properties of a container's unit that its annotations name, as runc's: `org.systemd.property.NAME` with a value in
/// the text form of GVariant, such as `true`, `'text'`, `uint64 5` or `['a', 'b']`; a name that ends in `Sec` takes
/// seconds where systemd has microseconds under a name in `USec`.
enum SystemdAnnotations {
    private static let prefix = "org.systemd.property."

    static func properties(_ annotations: [String: String]) throws(CgroupError) -> [SystemdProperty] {
        var list: [SystemdProperty] = []
        for (key, text) in annotations.sorted(by: { $0.key < $1.key }) where key.hasPrefix(prefix) {
            let name = String(key.dropFirst(prefix.count))
            let field = "annotations[\"\(key)\"]"
            guard name.utf8.count >= 3, name.utf8.allSatisfy({ isLetter($0) }) else {
                throw .invalid(field: field, message: "expected the name of a unit's property")
            }
            guard let value = value(text) else {
                throw .invalid(
                    field: field, message: "expected a value as in \"uint64 5\" or \"'text'\", found \"\(text)\"")
            }
            guard name.hasSuffix("Sec"), !name.hasSuffix("USec") else {
                list.append(SystemdProperty(name, value))
                continue
            }
            guard let microseconds = microseconds(value) else {
                throw .invalid(field: field, message: "expected a number of seconds, found \"\(text)\"")
            }
            list.append(SystemdProperty(String(name.dropLast(3)) + "USec", .uint64(microseconds)))
        }
        return list
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func microseconds(_ seconds: DBusValue) -> UInt64? {
        let number: UInt64
        switch seconds {
        case .int32(let value) where value >= 0: number = UInt64(value)
        case .uint32(let value): number = UInt64(value)
        case .int64(let value) where value >= 0: number = UInt64(value)
        case .uint64(let value): number = value
        case .double(let value) where value >= 0 && value < 1e12: return UInt64(value * 1e6)
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? nil : product
    }

    static func value(_ text: String) -> DBusValue? {
        let text = trimmed(text[...])
        if text == "true" || text == "false" { return .boolean(text == "true") }
        if let string = quoted(text) { return .string(string) }
        if text == "@as []" { return .strings([]) }
        if text.hasPrefix("["), text.hasSuffix("]") { return array(text.dropFirst().dropLast()) }
        if let space = text.firstIndex(of: " ") {
            return number(trimmed(text[space...]), type: text[..<space])
        }
        return number(text, type: "int32") ?? number(text, type: "double")
    }

    private static func number(_ text: Substring, type: Substring) -> DBusValue? {
        switch type {
        case "byte", "@y": UInt8(text).map { .byte($0) }
        case "int32", "@i": Int32(text).map { .int32($0) }
        case "uint32", "@u": UInt32(text).map { .uint32($0) }
        case "int64", "@x": Int64(text).map { .int64($0) }
        case "uint64", "@t": UInt64(text).map { .uint64($0) }
        case "double", "@d": Double(text).map { .double($0) }
        default: nil
        }
    }

    /// Elements of one type, of which the first is to tell.
    private static func array(_ text: Substring) -> DBusValue? {
        var values: [DBusValue] = []
        for part in parts(text) {
            guard let value = value(String(part)),
                value.typeSignature == values.first?.typeSignature ?? value.typeSignature
            else { return nil }
            values.append(value)
        }
        return values.first.map { .array(of: $0.typeSignature, values) }
    }

    /// What commas outside of quotes divide.
    private static func parts(_ text: Substring) -> [Substring] {
        var quote: Character?
        return text.split(omittingEmptySubsequences: false) { character in
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else {
                return character == ","
            }
            return false
        }
    }

    private static func quoted(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "'" || quote == "\"", text.count >= 2, text.last == quote else {
            return nil
        }
        let content = text.dropFirst().dropLast()
        return content.contains(where: { $0 == quote || $0 == "\\" }) ? nil : String(content)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
