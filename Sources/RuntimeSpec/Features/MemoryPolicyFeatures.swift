/// Memory policies the runtime knows.
package struct MemoryPolicyFeatures: Sendable, Equatable {
    package var modes: [LinuxMemoryPolicyMode] = []
    package var flags: [LinuxMemoryPolicyFlag] = []

    package init() {}
}

extension MemoryPolicyFeatures: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("modes", &modes)
        try json.field("flags", &flags)
    }
}
