/// The CPUs of a process that enters the container, as lists such as `0-3,7`.
package struct CPUAffinity: Sendable, Equatable {
    /// While the runtime sets the process up, before it joins the container's cgroup.
    package var initial: String?

    /// From then on.
    package var final: String?

    package init() {}
}

extension CPUAffinity: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("initial", &initial)
        try json.field("final", &final)
    }
}
