/// A limit on the number of tasks.
package struct PidsResources: Sendable, Equatable {
    /// -1 is without limit; 0 leaves what is there, as engines write it for an absent limit.
    package var limit: Int64?

    package init() {}

    package init(limit: Int64?) {
        self.limit = limit
    }
}

extension PidsResources: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("limit", &limit)
    }
}
