/// A filter of system calls. Specification: config-linux.md, "Seccomp".
package struct SeccompProfile: Sendable, Equatable {
    /// For calls that no rule matches.
    package var defaultAction: SeccompAction = .errno

    /// Where the default action is `SCMP_ACT_ERRNO` or `SCMP_ACT_TRACE`; nil is EPERM.
    package var defaultErrnoRet: UInt32?

    /// Besides the native one.
    package var architectures: [SeccompArchitecture] = []

    package var flags: [SeccompFlag] = []

    /// The Unix socket that receives the notification descriptor of `SCMP_ACT_NOTIFY`.
    package var listenerPath: String?

    /// For the listener, as it is.
    package var listenerMetadata: String?

    package var syscalls: [SeccompRule] = []

    package init() {}
}

extension SeccompProfile: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("defaultAction", &defaultAction)
        try json.field("defaultErrnoRet", &defaultErrnoRet)
        try json.field("architectures", &architectures)
        try json.field("flags", &flags)
        try json.field("listenerPath", &listenerPath)
        try json.field("listenerMetadata", &listenerMetadata)
        try json.field("syscalls", &syscalls)
    }
}
