/// A limit of setrlimit(2).
package struct ResourceLimit: Sendable, Equatable {
    package var type: ResourceLimitType = .openFiles

    /// `UInt64.max` is unlimited.
    package var soft: UInt64 = 0

    package var hard: UInt64 = 0

    package init() {}

    package init(type: ResourceLimitType, soft: UInt64, hard: UInt64) {
        self.type = type
        self.soft = soft
        self.hard = hard
    }
}

extension ResourceLimit: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("type", &type)
        try json.required("soft", &soft)
        try json.required("hard", &hard)
    }
}
