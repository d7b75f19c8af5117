/// A network device that moves into the container.
package struct LinuxNetDevice: Sendable, Equatable {
    /// Its name there; nil keeps the one it has.
    package var name: String?

    package init() {}

    package init(name: String? = nil) {
        self.name = name
    }
}

extension LinuxNetDevice: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("name", &name)
    }
}
