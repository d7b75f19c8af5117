/// A namespace of the container: a new one, or one to join.
package struct LinuxNamespace: Sendable, Equatable {
    package var type: LinuxNamespaceType = .mount

    /// A namespace file to join; nil for a new namespace.
    package var path: String?

    package init() {}

    package init(type: LinuxNamespaceType, path: String? = nil) {
        self.type = type
        self.path = path
    }
}

extension LinuxNamespace: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("type", &type)
        try json.field("path", &path)
    }
}
