internal import TTRPC

/// Options as containerd's CRI writes them for a runtime that it does not know: the settings of `[...options]` under
/// their Go names, one on a line, in TOML.
extension RuntimeOptions {
    /// - Throws: `invalidArgument` for a line that is no setting, or a value of another kind than the setting's.
    mutating func read(configuration: String) throws(Status) {
        for line in configuration.split(whereSeparator: \.isNewline) {
            let text = Self.trimmed(line)
            if text.isEmpty || text.hasPrefix("#") { continue }
            guard let equals = text.firstIndex(of: "="), !text.hasPrefix("[") else {
                throw Status(.invalidArgument, "runtime options: expected a line \"NAME = VALUE\", found \"\(text)\"")
            }
            try set(
                String(Self.trimmed(text[..<equals])), to: String(Self.trimmed(text[text.index(after: equals)...])))
        }
    }

    private mutating func set(_ name: String, to value: String) throws(Status) {
        switch name {
        case "NoPivotRoot": noPivotRoot = try Self.truth(name, value)
        case "NoNewKeyring": noNewKeyring = try Self.truth(name, value)
        case "SystemdCgroup": systemdCgroup = try Self.truth(name, value)
        case "ShimCgroup": shimCgroup = try Self.text(name, value)
        case "IoUid": ioUser = try Self.number(name, value)
        case "IoGid": ioGroup = try Self.number(name, value)
        case "BinaryName":
            binaryName = try Self.text(name, value)
            if !binaryName.isEmpty { unsupported.append(name) }
        default:
            // Settings of other runtimes, and those that only tell how runc is run; unset ones are written as empty.
            if !["\"\"", "''", "0", "false", "[]"].contains(value) { unsupported.append(name) }
        }
    }

    private static func truth(_ name: String, _ value: String) throws(Status) -> Bool {
        switch value {
        case "true": return true
        case "false": return false
        default: throw unexpected(name, value, "true or false")
        }
    }

    private static func number(_ name: String, _ value: String) throws(Status) -> UInt32 {
        guard let number = UInt32(value) else { throw unexpected(name, value, "a number of 32 bits") }
        return number
    }

    /// Between quotes of either kind, without escapes.
    private static func text(_ name: String, _ value: String) throws(Status) -> String {
        guard value.utf8.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote,
            !value.contains("\\")
        else { throw unexpected(name, value, "a string without escapes") }
        return String(value.dropFirst().dropLast())
    }

    private static func unexpected(_ name: String, _ value: String, _ expected: String) -> Status {
        Status(.invalidArgument, "runtime option \"\(name)\": expected \(expected), found \(value)")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
