/// The priority of traffic through one interface.
package struct NetworkPriority: Sendable, Equatable {
    package var name: String = ""
    package var priority: UInt32 = 0

    package init() {}

    package init(name: String, priority: UInt32) {
        self.name = name
        self.priority = priority
    }
}

extension NetworkPriority: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("name", &name)
        try json.required("priority", &priority)
    }
}
