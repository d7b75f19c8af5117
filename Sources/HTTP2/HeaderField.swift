/// One header or trailer field. Names are lower-case; those of pseudo-fields begin with a colon (RFC 9113, 8.3).
package struct HeaderField: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
