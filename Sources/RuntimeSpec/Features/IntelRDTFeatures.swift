/// What of Intel RDT the runtime knows.
package struct IntelRDTFeatures: Sendable, Equatable {
    package var enabled: Bool?
    package var schemata: Bool?
    package var monitoring: Bool?

    package init() {}
}

extension IntelRDTFeatures: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("enabled", &enabled)
        try json.field("schemata", &schemata)
        try json.field("monitoring", &monitoring)
    }
}
