/// An image's full name: registry host, repository, and a tag or a digest or both.
///
/// `Reference(familiar:)` also takes the short names that people type, with Docker's rules: `busybox` is
/// `docker.io/library/busybox:latest`. distribution/reference, "Grammar".
package struct Reference: Hashable, Sendable {
    /// With a port where one is named: `localhost:5000`.
    package let host: String
    package let repository: String
    package let tag: String?
    package let digest: Digest?

    private static let maximumLength = 1024

    /// A full name such as `docker.io/library/busybox:latest`; nil where it is not one.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, let slash = text.firstIndex(of: "/") else { return nil }
        let host = String(text[..<slash])
        guard Self.isHost(host) else { return nil }
        var rest = String(text[text.index(after: slash)...])
        var digest: Digest?
        if let at = rest.firstIndex(of: "@") {
            guard let parsed = Digest(String(rest[rest.index(after: at)...])) else { return nil }
            digest = parsed
            rest = String(rest[..<at])
        }
        var tag: String?
        if let colon = rest.lastIndex(of: ":") {
            tag = String(rest[rest.index(after: colon)...])
            rest = String(rest[..<colon])
            guard let tag, Self.isTag(tag) else { return nil }
        }
        guard Self.isRepository(rest) else { return nil }
        self.host = host
        self.repository = rest
        self.tag = tag
        self.digest = digest
    }

    /// A name as people type it, completed: host `docker.io`, repository `library/…`, tag `latest`.
    package init?(familiar text: String) {
        var full = text
        let head = text.prefix { $0 != "/" }
        let namesHost = text.contains("/") && (head.contains(".") || head.contains(":") || head == "localhost")
        if !namesHost {
            full = text.contains("/") ? "docker.io/\(text)" : "docker.io/library/\(text)"
        }
        guard let parsed = Reference(full) else { return nil }
        guard parsed.tag == nil, parsed.digest == nil else {
            self = parsed
            return
        }
        guard let tagged = Reference("\(full):latest") else { return nil }
        self = tagged
    }

    /// What the registry is asked for: the digest where there is one, else the tag.
    package var object: String { digest.map(String.init(describing:)) ?? tag ?? "latest" }

    package var name: String { "\(host)/\(repository)" }

    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]")]
                        .contains(byte)
            }
    }

    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        let isWord: (UInt8) -> Bool = {
            isLowerAlphanumeric($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0 == UInt8(ascii: "_")
        }
        return isWord(first)
            && text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    private static func isRepository(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isPathComponent)
    }

    /// Letters and digits in groups joined by `.`, `_`, `__` or any number of `-`.
    private static func isPathComponent(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        guard isLowerAlphanumeric(first), isLowerAlphanumeric(last) else { return false }
        var separator: [UInt8] = []
        for byte in text.utf8 {
            if isLowerAlphanumeric(byte) {
                guard isSeparator(separator) else { return false }
                separator = []
            } else {
                separator.append(byte)
            }
        }
        return true
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        switch bytes {
        case [], Array(".".utf8), Array("_".utf8), Array("__".utf8): true
        default: bytes.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension Reference: CustomStringConvertible {
    package var description: String {
        name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }
}
