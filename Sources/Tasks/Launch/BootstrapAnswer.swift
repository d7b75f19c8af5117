internal import FoundationEssentials
internal import Model

/// What a shim's `start` command answers on stdout: an address, or since version 3 of the protocol a JSON document.
struct BootstrapAnswer: Hashable, Sendable {
    /// 2 or 3: the Task service's version.
    let version: Int
    /// A socket's path.
    let path: String

    private struct Document: Decodable {
        var version: Int
        var address: String
        var `protocol`: String?
    }

    init(parsing bytes: [UInt8], program: String) throws(Failure) {
        let text = String(decoding: bytes, as: UTF8.self)
        let trimmed = text.trimmingPrefix { $0.isWhitespace }
        guard trimmed.first == "{" else {
            version = 2
            path = try Self.socketPath(text, program)
            return
        }
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(bytes))
        } catch {
            throw Failure(.internal, "\(program) start: the answer is not the JSON that was expected", cause: error)
        }
        guard document.protocol == nil || document.protocol == "" || document.protocol == "ttrpc" else {
            throw Failure(.unimplemented, "\(program) start: speaks \(document.protocol ?? ""), expected ttrpc")
        }
        guard (2...3).contains(document.version) else {
            throw Failure(.unimplemented, "\(program) start: protocol version \(document.version), expected 2 or 3")
        }
        version = document.version
        path = try Self.socketPath(document.address, program)
    }

    /// `unix:///run/x.sock` or a bare path. Abstract sockets, open to every process of a network namespace, are refused.
    private static func socketPath(_ address: String, _ program: String) throws(Failure) -> String {
        var path = address.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        if path.hasPrefix("unix://") { path = String(path.dropFirst(7)) }
        guard path.hasPrefix("/") else {
            throw Failure(.internal, "\(program) start: answered \"\(path.prefix(200))\", expected a socket's path")
        }
        return path
    }
}
