/// A container's state as `state` prints it and hooks read it. Specification: runtime.md, "State".
package struct State: Sendable, Equatable {
    package var ociVersion: String = ""
    package var id: String = ""
    package var status: ContainerStatus = .creating

    /// Of the container's init, as the runtime sees it; nil once it has ended.
    package var pid: Int32?

    /// Absolute.
    package var bundle: String = ""

    package var annotations: [String: String] = [:]

    package init() {}

    package init(
        ociVersion: String, id: String, status: ContainerStatus, pid: Int32?, bundle: String,
        annotations: [String: String] = [:]
    ) {
        self.ociVersion = ociVersion
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
    }
}

extension State: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("ociVersion", &ociVersion)
        try json.required("id", &id)
        try json.required("status", &status)
        try json.field("pid", &pid)
        try json.required("bundle", &bundle)
        try json.field("annotations", &annotations)
    }
}
