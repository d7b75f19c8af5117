/// One option of a command line, as the tables of the commands list them.
struct Option: Sendable {
    let name: String
    var short: Character?
    /// What stands for its value in the help; nil for a switch.
    var value: String?
    let help: String

    static func value(
        _ name: String, _ short: Character? = nil, _ value: String = "VALUE", _ help: String
    ) -> Option {
        Option(name: name, short: short, value: value, help: help)
    }

    static func flag(_ name: String, _ short: Character? = nil, _ help: String) -> Option {
        Option(name: name, short: short, help: help)
    }

    /// How the help lists it: `--bundle DIR, -b DIR`.
    var form: String {
        let tail = value.map { " " + $0 } ?? ""
        return "--\(name)\(tail)" + (short.map { ", -\($0)\(tail)" } ?? "")
    }

    func isNamed(_ text: Substring) -> Bool {
        text == name || (text.count == 1 && text.first == short)
    }
}

extension [Option] {
    /// The options' lines of a help text.
    var help: String {
        let width = map(\.form.count).max() ?? 0
        return map { "  \($0.form)\(String(repeating: " ", count: width - $0.form.count + 3))\($0.help)\n" }.joined()
    }
}
