/// Writes one JSON document.
package struct JSONWriter {
    /// How the document is laid out.
    package enum Layout: Sendable {
        /// Without any white space.
        case compact
        /// A line for each field and element, nested ones indented by two spaces.
        case indented
    }

    package private(set) var bytes: [UInt8] = []
    private let layout: Layout
    private var depth = 0

    /// The open object or array has nothing in it yet.
    private var empty = true

    private init(_ layout: Layout) {
        self.layout = layout
        bytes.reserveCapacity(1024)
    }

    /// The document of one value, without a newline at its end.
    package static func bytes(of value: some JSONValue, layout: Layout = .compact) -> [UInt8] {
        var writer = JSONWriter(layout)
        value.write(to: &writer)
        return writer.bytes
    }

    mutating func beginObject() { begin(UInt8(ascii: "{")) }
    mutating func endObject() { end(UInt8(ascii: "}")) }
    mutating func beginArray() { begin(UInt8(ascii: "[")) }
    mutating func endArray() { end(UInt8(ascii: "]")) }

    private mutating func begin(_ bracket: UInt8) {
        bytes.append(bracket)
        depth += 1
        empty = true
    }

    private mutating func end(_ bracket: UInt8) {
        depth -= 1
        if !empty { newLine() }
        bytes.append(bracket)
        empty = false
    }

    /// Stands before each element of an array.
    mutating func element() {
        if !empty { bytes.append(UInt8(ascii: ",")) }
        empty = false
        newLine()
    }

    mutating func key(_ name: String) {
        element()
        write(string: name)
        bytes.append(UInt8(ascii: ":"))
        if case .indented = layout { bytes.append(UInt8(ascii: " ")) }
    }

    private mutating func newLine() {
        guard case .indented = layout else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    mutating func write(literal: String) {
        bytes.append(contentsOf: literal.utf8)
    }

    mutating func write(string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20: write(literal: (byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSONWriter: JSONFieldCoder {
    package typealias Failure = Never

    package mutating func field<Value: JSONValue>(_ name: StaticString, _ value: inout Value) {
        key("\(name)")
        value.write(to: &self)
    }

    package mutating func field<Value: JSONValue>(_ name: StaticString, _ value: inout Value?) {
        guard let value else { return }
        key("\(name)")
        value.write(to: &self)
    }

    package mutating func field(_ name: StaticString, _ value: inout String?) {
        guard let value else { return }
        key("\(name)")
        value.write(to: &self)
    }

    package mutating func field(_ name: StaticString, _ value: inout Bool) {
        guard value else { return }
        key("\(name)")
        value.write(to: &self)
    }

    package mutating func field<Element: JSONValue>(_ name: StaticString, _ value: inout [Element]) {
        guard !value.isEmpty else { return }
        key("\(name)")
        value.write(to: &self)
    }

    package mutating func field<Value: JSONValue>(_ name: StaticString, _ value: inout [String: Value]) {
        guard !value.isEmpty else { return }
        key("\(name)")
        value.write(to: &self)
    }

    package mutating func required<Value: JSONValue>(_ name: StaticString, _ value: inout Value) {
        key("\(name)")
        value.write(to: &self)
    }
}
