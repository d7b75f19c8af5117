/// The container's root file system.
package struct Root: Sendable, Equatable {
    /// Absolute, or relative to the bundle.
    package var path: String = ""

    package var readonly: Bool = false

    package init() {}

    package init(path: String, readonly: Bool = false) {
        self.path = path
        self.readonly = readonly
    }
}

extension Root: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("path", &path)
        try json.field("readonly", &readonly)
    }
}
