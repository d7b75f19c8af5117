/// The five capability sets of a process, as names such as `CAP_NET_RAW`. See capabilities(7).
package struct CapabilitySets: Sendable, Equatable {
    package var bounding: [String] = []
    package var effective: [String] = []
    package var inheritable: [String] = []
    package var permitted: [String] = []
    package var ambient: [String] = []

    package init() {}

    package init(
        bounding: [String] = [], effective: [String] = [], inheritable: [String] = [], permitted: [String] = [],
        ambient: [String] = []
    ) {
        self.bounding = bounding
        self.effective = effective
        self.inheritable = inheritable
        self.permitted = permitted
        self.ambient = ambient
    }
}

extension CapabilitySets: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("bounding", &bounding)
        try json.field("effective", &effective)
        try json.field("inheritable", &inheritable)
        try json.field("permitted", &permitted)
        try json.field("ambient", &ambient)
    }
}
