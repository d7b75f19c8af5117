package import TTRPC

/// What one of a process's streams is connected to, as its creator asked.
package enum StreamTarget: Hashable, Sendable {
    case none
    /// A FIFO by its path.
    case fifo(String)
    /// `file://`: a log file that is appended to, made when missing.
    case file(String)
    /// `binary://`: a program that reads the output, with its arguments.
    case binary(path: String, arguments: [String])

    /// Reads a stream's path or URI.
    /// - Throws: `invalidArgument` for a scheme that is not known, or a path that is not absolute.
    package init(_ text: String) throws(Status) {
        if text.isEmpty {
            self = .none
            return
        }
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            self = .fifo(try Self.absolute(text, in: text))
            return
        }
        let rest = text[colon...].dropFirst(3)
        let (location, query) = Self.split(rest, at: "?")
        let path = try Self.absolute(Self.decode(location), in: text)
        switch text[..<colon] {
        case "fifo": self = .fifo(path)
        case "file": self = .file(path)
        case "binary": self = .binary(path: path, arguments: Self.arguments(query))
        default:
            throw Status(
                .invalidArgument, "stream \"\(text)\": expected a FIFO's path, or a fifo, file or binary URI")
        }
    }

    /// The query's keys, each followed by its value if it has one: what a log driver gets as arguments.
    private static func arguments(_ query: Substring) -> [String] {
        query.split(separator: "&").flatMap { pair -> [String] in
            let (key, value) = split(pair, at: "=")
            let name = decode(key, plusIsSpace: true)
            return pair.contains("=") ? [name, decode(value, plusIsSpace: true)] : [name, ""]
        }
    }

    private static func absolute(_ path: String, in text: String) throws(Status) -> String {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw Status(.invalidArgument, "stream \"\(text)\": expected an absolute path")
        }
        return path
    }

    private static func split(_ text: Substring, at separator: Character) -> (Substring, Substring) {
        guard let index = text.firstIndex(of: separator) else { return (text, "") }
        return (text[..<index], text[text.index(after: index)...])
    }

    /// Resolves percent escapes; one that is malformed stands for itself.
    private static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+"), plusIsSpace {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
