/// Weights and limits of block devices.
package struct BlockIOResources: Sendable, Equatable {
    /// From 10 to 1000.
    package var weight: UInt16?

    /// Of no effect in current kernels.
    package var leafWeight: UInt16?

    package var weightDevice: [BlockIOWeight] = []

    /// Bytes per second.
    package var throttleReadBpsDevice: [BlockIOThrottle] = []

    /// Bytes per second.
    package var throttleWriteBpsDevice: [BlockIOThrottle] = []

    /// Operations per second.
    package var throttleReadIOPSDevice: [BlockIOThrottle] = []

    /// Operations per second.
    package var throttleWriteIOPSDevice: [BlockIOThrottle] = []

    package init() {}
}

extension BlockIOResources: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("weight", &weight)
        try json.field("leafWeight", &leafWeight)
        try json.field("weightDevice", &weightDevice)
        try json.field("throttleReadBpsDevice", &throttleReadBpsDevice)
        try json.field("throttleWriteBpsDevice", &throttleWriteBpsDevice)
        try json.field("throttleReadIOPSDevice", &throttleReadIOPSDevice)
        try json.field("throttleWriteIOPSDevice", &throttleWriteIOPSDevice)
    }
}
