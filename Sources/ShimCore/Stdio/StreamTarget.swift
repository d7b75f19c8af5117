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
    /// `ttrpc+unix://SOCKET?streaming_id=NAME`: a stream of this shim's own Streaming service, by its name.
    case stream(String)

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
        let scheme = text[..<colon]
        guard ["fifo", "file", "binary", "ttrpc+unix"].contains(scheme) else {
            throw Status(
                .invalidArgument,
                "stream \"\(text)\": scheme \"\(scheme)\": expected a FIFO's path, or a URI of scheme fifo, file, "
                    + "binary or ttrpc+unix")
        }
        let (location, query) = Self.split(text[colon...].dropFirst(3), at: "?")
        let path = try Self.absolute(Self.decode(location), in: text)
        switch scheme {
        case "fifo": self = .fifo(path)
        case "file": self = .file(path)
        case "binary": self = .binary(path: path, arguments: Self.arguments(query))
        default:
            guard let id = Self.value(of: "streaming_id", in: query), !id.isEmpty else {
                throw Status(.invalidArgument, "stream \"\(text)\": expected a query \"streaming_id=NAME\"")
            }
            self = .stream(id)
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

    private static func value(of name: String, in query: Substring) -> String? {
        let pairs = query.split(separator: "&").map { split($0, at: "=") }
        return pairs.first { $0.0 == name[...] }.map { decode($0.1, plusIsSpace: true) }
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
