/// A JSON object with known fields, described once for both directions.
///
///     mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
///         try json.required("path", &path)
///         try json.field("readonly", &readonly)
///     }
///
/// Unknown keys are ignored, as the specification demands. At most 64 fields.
package protocol JSONRecord: JSONValue {
    init()

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure)
}

extension JSONRecord {
    package static func read(from reader: inout JSONReader) throws(SpecError) -> Self {
        var record = Self()
        try reader.readRecord(&record)
        return record
    }

    package func write(to writer: inout JSONWriter) {
        var record = self
        writer.beginObject()
        record.fields(&writer)
        writer.endObject()
    }
}

/// One pass over a record's fields: the reader looks for the field of the key at hand, the writer emits each.
package protocol JSONFieldCoder {
    associatedtype Failure: Error

    /// Always written; left as it is where the document has no such key, or `null`.
    mutating func field<Value: JSONValue>(_ name: StaticString, _ value: inout Value) throws(Failure)

    /// Written unless nil.
    mutating func field<Value: JSONValue>(_ name: StaticString, _ value: inout Value?) throws(Failure)

    /// Written unless nil. An empty string is read as nil: Go's encoders write either for an absent value.
    mutating func field(_ name: StaticString, _ value: inout String?) throws(Failure)

    /// Written if true.
    mutating func field(_ name: StaticString, _ value: inout Bool) throws(Failure)

    /// Written unless empty.
    mutating func field<Element: JSONValue>(_ name: StaticString, _ value: inout [Element]) throws(Failure)

    /// Written unless empty.
    mutating func field<Value: JSONValue>(_ name: StaticString, _ value: inout [String: Value]) throws(Failure)

    /// Always written, and refused where the document lacks it.
    mutating func required<Value: JSONValue>(_ name: StaticString, _ value: inout Value) throws(Failure)
}
