/// What the runtime can do on Linux. Specification: features-linux.md.
package struct LinuxFeatures: Sendable, Equatable {
    package var namespaces: [LinuxNamespaceType] = []
    package var capabilities: [String] = []
    package var cgroup: CgroupFeatures?
    package var seccomp: SeccompFeatures?
    package var apparmor: EnabledFeature?
    package var selinux: EnabledFeature?
    package var intelRdt: IntelRDTFeatures?
    package var memoryPolicy: MemoryPolicyFeatures?
    package var mountExtensions: MountExtensionFeatures?
    package var netDevices: EnabledFeature?

    package init() {}
}

extension LinuxFeatures: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("namespaces", &namespaces)
        try json.field("capabilities", &capabilities)
        try json.field("cgroup", &cgroup)
        try json.field("seccomp", &seccomp)
        try json.field("apparmor", &apparmor)
        try json.field("selinux", &selinux)
        try json.field("intelRdt", &intelRdt)
        try json.field("memoryPolicy", &memoryPolicy)
        try json.field("mountExtensions", &mountExtensions)
        try json.field("netDevices", &netDevices)
    }
}
