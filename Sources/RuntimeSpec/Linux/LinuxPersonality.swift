/// The execution domain. See personality(2).
package struct LinuxPersonality: Sendable, Equatable {
    package var domain: LinuxPersonalityDomain = .linux

    /// The specification defines none yet.
    package var flags: [String] = []

    package init() {}

    package init(domain: LinuxPersonalityDomain) {
        self.domain = domain
    }
}

extension LinuxPersonality: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("domain", &domain)
        try json.field("flags", &flags)
    }
}
