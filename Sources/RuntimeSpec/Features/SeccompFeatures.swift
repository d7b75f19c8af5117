/// What of seccomp the runtime knows.
package struct SeccompFeatures: Sendable, Equatable {
    package var enabled: Bool?
    package var actions: [SeccompAction] = []
    package var operators: [SeccompOperator] = []
    package var archs: [SeccompArchitecture] = []
    package var knownFlags: [SeccompFlag] = []

    /// Those that also the kernel supports.
    package var supportedFlags: [SeccompFlag] = []

    package init() {}
}

extension SeccompFeatures: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("enabled", &enabled)
        try json.field("actions", &actions)
        try json.field("operators", &operators)
        try json.field("archs", &archs)
        try json.field("knownFlags", &knownFlags)
        try json.field("supportedFlags", &supportedFlags)
    }
}
