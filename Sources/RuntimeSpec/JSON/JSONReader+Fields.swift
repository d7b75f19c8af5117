/// Which field of the record at hand is looked for.
struct FieldSearch {
    enum Phase {
        /// Looking for the field that the key in `name` belongs to.
        case searching
        /// It was found; the remaining fields pass by.
        case found
        /// The object has ended; required fields that did not appear are reported.
        case ended
    }

    var phase = Phase.found

    /// The key between its quotes, in the document.
    var key = 0..<0

    /// The key, where escapes make its bytes differ from what it says.
    var decodedKey: String?

    /// The number of the field that the pass stands at.
    var ordinal: UInt64 = 0

    /// A bit for each field that has appeared with a value.
    var seen: UInt64 = 0
}

extension JSONReader {
    /// Reads an object, for each key one pass over the record's fields, and a last one for what is missing.
    mutating func readRecord<Record: JSONRecord>(_ record: inout Record) throws(SpecError) {
        let outer = search
        var seen: UInt64 = 0
        try beginObject()
        while try nextKey() {
            search = FieldSearch(phase: .searching, key: keyRange, seen: seen)
            if bytes[search.key].contains(UInt8(ascii: "\\")) { search.decodedKey = try keyString() }
            try record.fields(&self)
            if case .searching = search.phase { try skipValue() }
            seen = search.seen
        }
        search = FieldSearch(phase: .ended, seen: seen)
        try record.fields(&self)
        search = outer
    }

    /// Whether the value at hand belongs to the field; the reader then stands at a value that is not `null`.
    @inline(__always)
    private mutating func arrive(at name: StaticString, required: Bool = false) throws(SpecError) -> Bool {
        let bit: UInt64 = 1 << search.ordinal
        search.ordinal &+= 1
        switch search.phase {
        case .found: return false
        case .ended:
            if required && search.seen & bit == 0 { throw missing(name) }
            return false
        case .searching:
            guard matches(name) else { return false }
            search.phase = .found
            if try skipNull() { return false }
            search.seen |= bit
            return true
        }
    }

    @inline(__always)
    private func matches(_ name: StaticString) -> Bool {
        let count = name.utf8CodeUnitCount
        if let decoded = search.decodedKey { return decoded == "\(name)" }
        guard search.key.count == count else { return false }
        for index in 0..<count where bytes[search.key.lowerBound + index] != name.utf8Start[index] { return false }
        return true
    }

    private func missing(_ name: StaticString) -> SpecError {
        let place = path
        return SpecError(path: place.isEmpty ? "\(name)" : "\(place).\(name)", "missing")
    }

    /// Reads a value; the search of this record stands again where it was afterwards.
    @inline(__always)
    private mutating func value<Value: JSONValue>(_ type: Value.Type) throws(SpecError) -> Value {
        let outer = search
        let value = try Value.read(from: &self)
        search = outer
        return value
    }
}

extension JSONReader: JSONFieldCoder {
    package typealias Failure = SpecError

    package mutating func field<Value: JSONValue>(
        _ name: StaticString, _ value: inout Value
    ) throws(SpecError) {
        if try arrive(at: name) { value = try self.value(Value.self) }
    }

    package mutating func field<Value: JSONValue>(
        _ name: StaticString, _ value: inout Value?
    ) throws(SpecError) {
        if try arrive(at: name) { value = try self.value(Value.self) }
    }

    package mutating func field(_ name: StaticString, _ value: inout String?) throws(SpecError) {
        guard try arrive(at: name) else { return }
        let text = try readString()
        value = text.isEmpty ? nil : text
    }

    package mutating func field(_ name: StaticString, _ value: inout Bool) throws(SpecError) {
        if try arrive(at: name) { value = try readBool() }
    }

    package mutating func field<Element: JSONValue>(
        _ name: StaticString, _ value: inout [Element]
    ) throws(SpecError) {
        if try arrive(at: name) { value = try self.value([Element].self) }
    }

    package mutating func field<Value: JSONValue>(
        _ name: StaticString, _ value: inout [String: Value]
    ) throws(SpecError) {
        if try arrive(at: name) { value = try self.value([String: Value].self) }
    }

    package mutating func required<Value: JSONValue>(
        _ name: StaticString, _ value: inout Value
    ) throws(SpecError) {
        if try arrive(at: name, required: true) { value = try self.value(Value.self) }
    }
}
