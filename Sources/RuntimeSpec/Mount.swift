/// One mount of the container. Specification: config.md, "Mounts".
package struct Mount: Sendable, Equatable {
    /// Where in the container. A relative path counts from its root.
    package var destination: String = ""

    /// The file system's type; of no meaning for bind mounts.
    package var type: String?

    /// A device, a label, or a path of the host; a relative path of a bind mount counts from the bundle.
    package var source: String?

    /// As for mount(8), with those that the specification adds, such as `rro`, `idmap` and `tmpcopyup`.
    package var options: [String] = []

    /// The mount's own mapping of user IDs; nothing means that of the container where `idmap` is among the options.
    package var uidMappings: [LinuxIDMapping] = []

    package var gidMappings: [LinuxIDMapping] = []

    package init() {}

    package init(destination: String, type: String?, source: String?, options: [String] = []) {
        self.destination = destination
        self.type = type
        self.source = source
        self.options = options
    }
}

extension Mount: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("destination", &destination)
        try json.field("type", &type)
        try json.field("source", &source)
        try json.field("options", &options)
        try json.field("uidMappings", &uidMappings)
        try json.field("gidMappings", &gidMappings)
    }
}
