internal import Model

/// A record's extensions as a column holds them: for each its key, type and value, every one led by its length in
/// four bytes, little end first. No bytes at all for no extensions.
enum PayloadMap {
    static func encode(_ entries: [String: TypedPayload]) -> [UInt8]? {
        guard !entries.isEmpty else { return nil }
        var bytes: [UInt8] = []
        for (key, payload) in entries {
            append(key.utf8, to: &bytes)
            append(payload.typeURL.utf8, to: &bytes)
            append(payload.value, to: &bytes)
        }
        return bytes
    }

    private static func append(_ part: some Collection<UInt8>, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(part.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: part)
    }

    /// Throws `dataLoss` for bytes that `encode` cannot have made.
    static func decode(_ bytes: [UInt8]?) throws(Failure) -> [String: TypedPayload] {
        var entries: [String: TypedPayload] = [:]
        var rest = (bytes ?? [])[...]
        while !rest.isEmpty {
            let key = try part(&rest)
            let type = try part(&rest)
            let value = try part(&rest)
            entries[String(decoding: key, as: UTF8.self)] = TypedPayload(
                typeURL: String(decoding: type, as: UTF8.self), value: Array(value))
        }
        return entries
    }

    private static func part(_ rest: inout ArraySlice<UInt8>) throws(Failure) -> ArraySlice<UInt8> {
        let header = rest.prefix(4)
        let length = header.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard header.count == 4, rest.count - 4 >= length else {
            throw Failure(.dataLoss, "extensions: the record is cut short")
        }
        let start = header.endIndex
        defer { rest = rest[(start + length)...] }
        return rest[start..<start + length]
    }
}
