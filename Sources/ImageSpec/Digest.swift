/// The content address of a blob, such as `sha256:6c3c…`. OCI image-spec, "Digests".
///
/// A value exists only for text that is a well-formed digest of a supported algorithm, so it may be used as a
/// file name without another look: the encoded part is lower-case hexadecimal of the algorithm's exact length.
package struct Digest: Hashable, Sendable {
    package enum Algorithm: String, Sendable, CaseIterable {
        case sha256, sha384, sha512

        /// How many hexadecimal characters a digest of this algorithm has.
        package var encodedLength: Int {
            switch self {
            case .sha256: 64
            case .sha384: 96
            case .sha512: 128
            }
        }
    }

    package let algorithm: Algorithm
    /// Lower-case hexadecimal.
    package let encoded: String

    /// - Returns: nil when `text` is not `algorithm:hex` with a supported algorithm and the right length.
    package init?(_ text: String) {
        guard text.utf8.count <= 160, let colon = text.firstIndex(of: ":") else { return nil }
        guard let algorithm = Algorithm(rawValue: String(text[..<colon])) else { return nil }
        let encoded = text[text.index(after: colon)...]
        guard encoded.utf8.count == algorithm.encodedLength, encoded.utf8.allSatisfy(Digest.isLowerHexadecimal) else {
            return nil
        }
        self.algorithm = algorithm
        self.encoded = String(encoded)
    }

    /// The digest whose raw bytes are `bytes`.
    package init(_ algorithm: Algorithm, bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        self.algorithm = algorithm
        self.encoded = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func isLowerHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension Digest: CustomStringConvertible {
    package var description: String { "\(algorithm.rawValue):\(encoded)" }
}

extension Digest: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected a digest such as sha256:<64 hexadecimal digits>")
        }
        self = digest
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
