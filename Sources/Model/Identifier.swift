/// The rule for names that clients choose and that become file names: namespaces, containers, tasks, execs.
///
/// The same rule as containerd's `identifiers` package: letters and digits in groups that are joined by a single
/// `.`, `_` or `-`, at most 76 characters. A valid identifier can never be `.` or `..` nor contain a separator.
package enum Identifier {
    package static let maximumLength = 76

    /// Throws `invalidArgument` naming `kind`, the text and the rule.
    package static func check(_ text: String, _ kind: String) throws(Failure) {
        guard !text.isEmpty else {
            throw .invalid("\(kind): the name is empty; expected letters, digits and single . _ - between them")
        }
        guard text.utf8.count <= maximumLength else {
            throw .invalid("\(kind) \"\(text.prefix(80))\": longer than \(maximumLength) characters")
        }
        guard isWellFormed(text) else {
            throw .invalid("\(kind) \"\(text)\": expected letters, digits and single . _ - between them")
        }
    }

    private static func isWellFormed(_ text: String) -> Bool {
        var afterSeparator = true
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                afterSeparator = false
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                if afterSeparator { return false }
                afterSeparator = true
            default:
                return false
            }
        }
        return !afterSeparator
    }
}
