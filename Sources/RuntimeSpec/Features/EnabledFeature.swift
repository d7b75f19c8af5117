/// A feature that is compiled in or not; not whether the host has it.
package struct EnabledFeature: Sendable, Equatable {
    package var enabled: Bool?

    package init() {}

    package init(enabled: Bool?) {
        self.enabled = enabled
    }
}

extension EnabledFeature: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("enabled", &enabled)
    }
}
