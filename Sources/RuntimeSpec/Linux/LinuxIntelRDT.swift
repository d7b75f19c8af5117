/// Cache and memory bandwidth, through the kernel's resctrl file system.
package struct LinuxIntelRDT: Sendable, Equatable {
    /// The class of service; nil is the container's ID.
    package var closID: String?

    /// Lines for the `schemata` file as they are.
    package var schemata: [String] = []

    package var l3CacheSchema: String?
    package var memBwSchema: String?

    /// A monitoring group of the container's own.
    package var enableMonitoring: Bool = false

    package init() {}
}

extension LinuxIntelRDT: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("closID", &closID)
        try json.field("schemata", &schemata)
        try json.field("l3CacheSchema", &l3CacheSchema)
        try json.field("memBwSchema", &memBwSchema)
        try json.field("enableMonitoring", &enableMonitoring)
    }
}
