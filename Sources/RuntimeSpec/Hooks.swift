/// Programs to run at points of the container's life. Specification: config.md, "POSIX-platform Hooks".
package struct Hooks: Sendable, Equatable {
    /// Deprecated. After the container's namespaces exist, before `pivot_root`, in the runtime's namespaces.
    package var prestart: [Hook] = []

    /// As `prestart`, run after those.
    package var createRuntime: [Hook] = []

    /// After `createRuntime`; the path is the runtime's, the namespaces are the container's.
    package var createContainer: [Hook] = []

    /// Before the user's program, wholly inside the container.
    package var startContainer: [Hook] = []

    /// After the user's program began, in the runtime's namespaces.
    package var poststart: [Hook] = []

    /// After the container was deleted, in the runtime's namespaces.
    package var poststop: [Hook] = []

    package init() {}
}

extension Hooks: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("prestart", &prestart)
        try json.field("createRuntime", &createRuntime)
        try json.field("createContainer", &createContainer)
        try json.field("startContainer", &startContainer)
        try json.field("poststart", &poststart)
        try json.field("poststop", &poststop)
    }
}
