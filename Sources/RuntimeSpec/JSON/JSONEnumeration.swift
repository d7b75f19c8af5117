/// A string of which the specification lists the permitted values; any other is refused with the list.
package protocol JSONEnumeration: JSONValue, RawRepresentable, CaseIterable, Hashable, Sendable
where RawValue == String {
    /// What the values are, for the message: "namespace type".
    static var jsonName: String { get }
}

extension JSONEnumeration {
    package static func read(from reader: inout JSONReader) throws(SpecError) -> Self {
        let text = try reader.readString()
        if let value = Self(rawValue: text) { return value }
        let expected = allCases.map(\.rawValue).filter { !$0.isEmpty }.joined(separator: ", ")
        throw reader.failure("unknown \(jsonName) \"\(JSONReader.excerpt(text))\", expected one of \(expected)")
    }

    package func write(to writer: inout JSONWriter) {
        writer.write(string: rawValue)
    }
}
