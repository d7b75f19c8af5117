/// What is wrong with a command line.
struct UsageError: Error {
    let message: String
}

/// A command line, parsed by a table in the manner of Go's flag package, as engines write them: `--name value`,
/// `--name=value`, either with one dash, switches also as `--name=false`; `--` ends the options.
struct Options {
    private var values: [String: [String]] = [:]
    private(set) var words: [String] = []

    /// - Parameter areMixed: whether options may follow words too, as runc has it for all commands but those that end
    ///   in the command line of another program. Those that are not known are words then.
    init(_ arguments: ArraySlice<String>, _ table: [Option], areMixed: Bool) throws(UsageError) {
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" { break }
            guard argument.hasPrefix("-"), argument != "-" else {
                words.append(argument)
                guard areMixed else { break }
                continue
            }
            let body = argument.dropFirst(argument.hasPrefix("--") ? 2 : 1)
            let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = table.first(where: { $0.isNamed(parts[0]) }) else {
                guard !words.isEmpty else { throw UsageError(message: "unknown option \"\(argument)\"") }
                words.append(argument)
                continue
            }
            let given = parts.count > 1 ? String(parts[1]) : nil
            values[option.name, default: []].append(try Self.value(of: option, argument, given, &rest))
        }
        words += rest
    }

    private static func value(
        of option: Option, _ argument: String, _ given: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        if option.value != nil {
            guard let value = given ?? rest.popFirst() else {
                throw UsageError(message: "option \"\(argument)\": expected a value after it")
            }
            return value
        }
        switch given ?? "true" {
        case "1", "t", "T", "true", "TRUE", "True": return "true"
        case "0", "f", "F", "false", "FALSE", "False": return "false"
        default: throw UsageError(message: "option \"\(argument)\": expected true or false")
        }
    }

    /// The last value given; earlier ones are overridden.
    subscript(_ name: String) -> String? { values[name]?.last }

    func all(_ name: String) -> [String] { values[name] ?? [] }

    func has(_ name: String) -> Bool { values[name]?.last == "true" }

    /// The container's ID: the first word, which every command that asks for it requires.
    var id: String { words.first ?? "" }

    func number(_ name: String) throws(UsageError) -> Int64? {
        guard let text = self[name] else { return nil }
        guard let number = Int64(text) else {
            throw UsageError(message: "option \"--\(name)\": expected a number, found \"\(text)\"")
        }
        return number
    }
}
