/// Limits of one RDMA device; nil for none.
package struct RDMAResources: Sendable, Equatable {
    package var hcaHandles: UInt32?
    package var hcaObjects: UInt32?

    package init() {}

    package init(hcaHandles: UInt32? = nil, hcaObjects: UInt32? = nil) {
        self.hcaHandles = hcaHandles
        self.hcaObjects = hcaObjects
    }
}

extension RDMAResources: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("hcaHandles", &hcaHandles)
        try json.field("hcaObjects", &hcaObjects)
    }
}
