/// A value with a JSON form in the runtime specification.
package protocol JSONValue {
    /// Takes the value that the reader stands at. `null` never arrives here; the field or element that holds it
    /// decides.
    static func read(from reader: inout JSONReader) throws(SpecError) -> Self

    func write(to writer: inout JSONWriter)
}

extension String: JSONValue {
    package static func read(from reader: inout JSONReader) throws(SpecError) -> String {
        try reader.readString()
    }

    package func write(to writer: inout JSONWriter) {
        writer.write(string: self)
    }
}

extension Bool: JSONValue {
    package static func read(from reader: inout JSONReader) throws(SpecError) -> Bool {
        try reader.readBool()
    }

    package func write(to writer: inout JSONWriter) {
        writer.write(literal: self ? "true" : "false")
    }
}

/// Integers are exact: a fraction, an exponent or a number outside of the type's range is refused, never rounded.
package protocol JSONInteger: JSONValue, FixedWidthInteger, Sendable {}

extension JSONInteger {
    package static func read(from reader: inout JSONReader) throws(SpecError) -> Self {
        try reader.readInteger(Self.self)
    }

    package func write(to writer: inout JSONWriter) {
        writer.write(literal: String(self))
    }
}

extension UInt16: JSONInteger {}
extension UInt32: JSONInteger {}
extension UInt64: JSONInteger {}
extension Int32: JSONInteger {}
extension Int64: JSONInteger {}

extension Array: JSONValue where Element: JSONValue {
    package static func read(from reader: inout JSONReader) throws(SpecError) -> [Element] {
        var elements: [Element] = []
        try reader.beginArray()
        while try reader.nextElement() {
            elements.append(try Element.read(from: &reader))
        }
        return elements
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for element in self {
            writer.element()
            element.write(to: &writer)
        }
        writer.endArray()
    }
}

extension Dictionary: JSONValue where Key == String, Value: JSONValue {
    /// Of entries with the same key the last one counts, as in Go; an entry that is `null` is absent.
    package static func read(from reader: inout JSONReader) throws(SpecError) -> [String: Value] {
        var entries: [String: Value] = [:]
        try reader.beginObject()
        while try reader.nextKey() {
            let key = try reader.keyString()
            try reader.countElement()
            if try reader.skipNull() {
                entries[key] = nil
            } else {
                entries[key] = try Value.read(from: &reader)
            }
        }
        return entries
    }

    /// In the order of the keys, so that the same value always has the same bytes.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (key, value) in self.sorted(by: { $0.key < $1.key }) {
            writer.key(key)
            value.write(to: &writer)
        }
        writer.endObject()
    }
}
