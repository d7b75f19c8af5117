/// A limit on huge pages of one size.
package struct HugepageLimit: Sendable, Equatable {
    /// As in `2MB`, `1GB`, `64KB`.
    package var pageSize: String = ""

    /// Bytes.
    package var limit: UInt64 = 0

    package init() {}

    package init(pageSize: String, limit: UInt64) {
        self.pageSize = pageSize
        self.limit = limit
    }
}

extension HugepageLimit: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("pageSize", &pageSize)
        try json.required("limit", &limit)
    }
}
