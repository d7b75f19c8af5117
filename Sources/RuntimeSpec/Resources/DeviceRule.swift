/// Permission or prohibition for device nodes.
package struct DeviceRule: Sendable, Equatable {
    package var allow: Bool = false
    package var type: DeviceRuleType = .all

    /// Nil or -1 for any.
    package var major: Int64?

    /// Nil or -1 for any.
    package var minor: Int64?

    /// Letters out of `rwm`: read, write, mknod. Nil for all.
    package var access: String?

    package init() {}

    package init(
        allow: Bool, type: DeviceRuleType = .all, major: Int64? = nil, minor: Int64? = nil, access: String? = nil
    ) {
        self.allow = allow
        self.type = type
        self.major = major
        self.minor = minor
        self.access = access
    }
}

extension DeviceRule: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("allow", &allow)
        try json.field("type", &type)
        try json.field("major", &major)
        try json.field("minor", &minor)
        try json.field("access", &access)
    }
}
