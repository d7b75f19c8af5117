/// A rate limit of one block device; 0 lifts it.
package struct BlockIOThrottle: Sendable, Equatable {
    package var major: Int64 = 0
    package var minor: Int64 = 0
    package var rate: UInt64 = 0

    package init() {}

    package init(major: Int64, minor: Int64, rate: UInt64) {
        self.major = major
        self.minor = minor
        self.rate = rate
    }
}

extension BlockIOThrottle: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("major", &major)
        try json.required("minor", &minor)
        try json.required("rate", &rate)
    }
}
