/// The weight of one block device.
package struct BlockIOWeight: Sendable, Equatable {
    package var major: Int64 = 0
    package var minor: Int64 = 0
    package var weight: UInt16?
    package var leafWeight: UInt16?

    package init() {}

    package init(major: Int64, minor: Int64, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
        self.major = major
        self.minor = minor
        self.weight = weight
        self.leafWeight = leafWeight
    }
}

extension BlockIOWeight: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("major", &major)
        try json.required("minor", &minor)
        try json.field("weight", &weight)
        try json.field("leafWeight", &leafWeight)
    }
}
