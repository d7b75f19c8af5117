/// Why a document of the runtime specification was refused.
package struct SpecError: Error, Hashable, Sendable {
    /// Where in the document, as in `linux.namespaces[2].type`; empty for the document as a whole.
    package let path: String

    /// What was expected there and what was found.
    package let message: String

    package init(path: String, _ message: String) {
        self.path = path
        self.message = message
    }
}

extension SpecError: CustomStringConvertible {
    package var description: String {
        path.isEmpty ? message : "\(path): \(message)"
    }
}
