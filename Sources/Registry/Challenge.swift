/// What a registry wants to be shown: the `WWW-Authenticate` header. RFC 9110, section 11.6.1.
package struct Challenge: Hashable, Sendable {
    package enum Scheme: Hashable, Sendable {
        case basic
        case bearer
    }

    package let scheme: Scheme
    package let parameters: [String: String]

    private static let maximumLength = 8192

    /// - Returns: nil for a scheme that is neither Basic nor Bearer, and for text that is no challenge.
    package init?(_ header: String) {
        guard header.utf8.count <= Self.maximumLength, let space = header.firstIndex(of: " ") else {
            guard header.lowercased() == "basic" else { return nil }
            scheme = .basic
            parameters = [:]
            return
        }
        switch header[..<space].lowercased() {
        case "basic": scheme = .basic
        case "bearer": scheme = .bearer
        default: return nil
        }
        parameters = Self.parameters(in: header[header.index(after: space)...])
    }

    /// `key="value", key=value`: quoted values may hold commas and backslash escapes.
    private static func parameters(in text: Substring) -> [String: String] {
        var found: [String: String] = [:]
        var rest = text
        while let equals = rest.firstIndex(of: "=") {
            let key = rest[..<equals].drop { $0 == " " || $0 == "," }.lowercased()
            rest = rest[rest.index(after: equals)...]
            found[key] = rest.first == "\"" ? quoted(&rest) : token(&rest)
        }
        return found
    }

    private static func quoted(_ rest: inout Substring) -> String {
        var value = ""
        var escaped = false
        rest.removeFirst()
        while let character = rest.popFirst() {
            if escaped {
                value.append(character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else if character == "\"" {
                break
            } else {
                value.append(character)
            }
        }
        return value
    }

    private static func token(_ rest: inout Substring) -> String {
        let value = rest.prefix { $0 != "," }
        rest = rest[value.endIndex...]
        return String(value)
    }
}
