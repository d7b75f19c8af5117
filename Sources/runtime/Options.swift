/// One option of a command line, as the tables of the commands list them.
struct Option: Sendable {
    let name: String
    var short: Character?
    /// Whether a value follows; otherwise it is a switch.
    var takesValue = false

    static func value(_ name: String, _ short: Character? = nil) -> Option {
        Option(name: name, short: short, takesValue: true)
    }

    static func flag(_ name: String, _ short: Character? = nil) -> Option {
        Option(name: name, short: short)
    }
}

/// What is wrong with a command line.
struct UsageError: Error {
    let message: String
}

/// A command line, parsed by a table. Options come before the first word that is none, as with runc, so that those of a
/// container's program are left alone; `--` ends them.
struct Options {
    private var values: [String: [String]] = [:]
    private(set) var words: ArraySlice<String> = []

    init(_ arguments: ArraySlice<String>, _ table: [Option]) throws(UsageError) {
        var rest = arguments
        while let argument = rest.first {
            guard argument.hasPrefix("-"), argument != "-" else { break }
            rest.removeFirst()
            if argument == "--" { break }
            let body = argument.drop { $0 == "-" }
            let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard
                let option = table.first(where: {
                    $0.name == parts[0] || $0.short.map { String($0) == parts[0] } ?? false
                })
            else { throw UsageError(message: "unknown option \"\(argument)\"") }
            if !option.takesValue {
                values[option.name, default: []].append(parts.count > 1 ? parts[1] : "true")
            } else if parts.count > 1 {
                values[option.name, default: []].append(parts[1])
            } else if let value = rest.popFirst() {
                values[option.name, default: []].append(value)
            } else {
                throw UsageError(message: "option \"\(argument)\" needs a value")
            }
        }
        words = rest
    }

    subscript(_ name: String) -> String? { values[name]?.last }

    func all(_ name: String) -> [String] { values[name] ?? [] }

    func has(_ name: String) -> Bool {
        values[name].map { $0.last != "false" } ?? false
    }

    /// The container's ID: the first word.
    func containerID() throws(UsageError) -> String {
        guard let id = words.first else { throw UsageError(message: "expected a container ID") }
        return id
    }
}
