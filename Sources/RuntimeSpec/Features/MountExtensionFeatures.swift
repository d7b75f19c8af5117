/// Mounts beyond the plain ones.
package struct MountExtensionFeatures: Sendable, Equatable {
    package var idmap: EnabledFeature?

    package init() {}
}

extension MountExtensionFeatures: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("idmap", &idmap)
    }
}
