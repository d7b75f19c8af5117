/// How far a clock in the container is ahead. See time_namespaces(7).
package struct LinuxTimeOffset: Sendable, Equatable {
    package var secs: Int64 = 0
    package var nanosecs: UInt32 = 0

    package init() {}

    package init(secs: Int64, nanosecs: UInt32) {
        self.secs = secs
        self.nanosecs = nanosecs
    }
}

extension LinuxTimeOffset: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("secs", &secs)
        try json.field("nanosecs", &nanosecs)
    }
}
