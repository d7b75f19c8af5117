/// What a seccomp listener receives beside the descriptor. Specification: config-linux.md, "The Container Process
/// State".
package struct ContainerProcessState: Sendable, Equatable {
    package var ociVersion: String = ""

    /// Names of the descriptors that travel with this message, in order: `seccompFd`.
    package var fds: [String] = []

    package var pid: Int32 = 0
    package var metadata: String?
    package var state: State = State()

    package init() {}

    package init(ociVersion: String, fds: [String], pid: Int32, metadata: String?, state: State) {
        self.ociVersion = ociVersion
        self.fds = fds
        self.pid = pid
        self.metadata = metadata
        self.state = state
    }
}

extension ContainerProcessState: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("ociVersion", &ociVersion)
        try json.field("fds", &fds)
        try json.required("pid", &pid)
        try json.field("metadata", &metadata)
        try json.required("state", &state)
    }
}
