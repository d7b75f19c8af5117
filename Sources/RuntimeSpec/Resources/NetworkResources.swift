/// Marks on the container's network traffic; version 1 only.
package struct NetworkResources: Sendable, Equatable {
    package var classID: UInt32?
    package var priorities: [NetworkPriority] = []

    package init() {}
}

extension NetworkResources: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("classID", &classID)
        try json.field("priorities", &priorities)
    }
}
