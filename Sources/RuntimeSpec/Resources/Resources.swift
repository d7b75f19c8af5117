/// What the container may consume, for its cgroup. Specification: config-linux.md, "Control groups".
package struct Resources: Sendable, Equatable {
    /// In order; later rules override earlier ones.
    package var devices: [DeviceRule] = []

    package var memory: MemoryResources?
    package var cpu: CPUResources?
    package var pids: PidsResources?
    package var blockIO: BlockIOResources?
    package var hugepageLimits: [HugepageLimit] = []
    package var network: NetworkResources?

    /// By device.
    package var rdma: [String: RDMAResources] = [:]

    /// Files of the version 2 cgroup, by name, and what to write to them.
    package var unified: [String: String] = [:]

    package init() {}

    /// Reads resources as an update carries them.
    package init(parsing document: UnsafeRawBufferPointer) throws(SpecError) {
        self = try JSONReader.parse(Resources.self, document)
    }
}

extension Resources: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("devices", &devices)
        try json.field("memory", &memory)
        try json.field("cpu", &cpu)
        try json.field("pids", &pids)
        try json.field("blockIO", &blockIO)
        try json.field("hugepageLimits", &hugepageLimits)
        try json.field("network", &network)
        try json.field("rdma", &rdma)
        try json.field("unified", &unified)
    }
}
