extension Configuration {
    /// The whole of this configuration as a document that `init(parsing:from:)` reads back.
    /// - Parameter comments: whether each key has its meaning above it.
    package func document(comments: Bool) -> String {
        var text = ""
        var table = ""
        for setting in Setting.all {
            if setting.table != table {
                table = setting.table
                text += "\n[\(table)]\n"
            }
            if comments { text += "# \(setting.summary)\n" }
            switch setting.field {
            case .text(let field): text += "\(setting.key) = \(Self.quoted(self[keyPath: field]))\n"
            case .list(let field):
                text += "\(setting.key) = [\(self[keyPath: field].map(Self.quoted).joined(separator: ", "))]\n"
            case .integer(let field, _): text += "\(setting.key) = \(self[keyPath: field])\n"
            }
        }
        return text
    }

    /// A basic string of TOML. https://toml.io/en/v1.0.0#string
    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
