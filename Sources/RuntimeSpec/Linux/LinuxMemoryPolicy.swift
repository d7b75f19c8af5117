/// The NUMA policy of the container's memory. See set_mempolicy(2).
package struct LinuxMemoryPolicy: Sendable, Equatable {
    package var mode: LinuxMemoryPolicyMode = .`default`

    /// A list such as `0-3,7`.
    package var nodes: String?

    package var flags: [LinuxMemoryPolicyFlag] = []

    package init() {}
}

extension LinuxMemoryPolicy: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("mode", &mode)
        try json.field("nodes", &nodes)
        try json.field("flags", &flags)
    }
}
