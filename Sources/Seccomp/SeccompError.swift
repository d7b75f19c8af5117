/// A profile that cannot be made into a filter.
package struct SeccompError: Error, Hashable, Sendable {
    /// Where in the configuration: `linux.seccomp.architectures[2]`.
    package let field: String
    package let message: String

    init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}

extension SeccompError: CustomStringConvertible {
    package var description: String { "\(field): \(message)" }
}
