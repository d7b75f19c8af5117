/// What of the configuration concerns Linux. Specification: config-linux.md.
package struct Linux: Sendable, Equatable {
    package var uidMappings: [LinuxIDMapping] = []
    package var gidMappings: [LinuxIDMapping] = []

    /// Names with dots or slashes between their parts.
    package var sysctl: [String: String] = [:]

    package var resources: Resources?

    /// Absolute: below the cgroup mount. Relative: the runtime's to place. `slice:prefix:name` for systemd.
    package var cgroupsPath: String?

    /// Those not listed are shared with the runtime.
    package var namespaces: [LinuxNamespace] = []

    /// Nodes to make below `/dev` besides the default ones.
    package var devices: [LinuxDevice] = []

    /// Network devices of the host, by name, to be moved into the container's network namespace.
    package var netDevices: [String: LinuxNetDevice] = [:]

    package var seccomp: SeccompProfile?
    package var rootfsPropagation: MountPropagation?

    /// Absolute paths in the container that cannot be read.
    package var maskedPaths: [String] = []

    /// Absolute paths in the container that cannot be written.
    package var readonlyPaths: [String] = []

    /// The SELinux context of the container's mounts.
    package var mountLabel: String?

    package var intelRdt: LinuxIntelRDT?
    package var memoryPolicy: LinuxMemoryPolicy?
    package var personality: LinuxPersonality?

    /// By clock: `monotonic` and `boottime`. See time_namespaces(7).
    package var timeOffsets: [String: LinuxTimeOffset] = [:]

    package init() {}
}

extension Linux: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("uidMappings", &uidMappings)
        try json.field("gidMappings", &gidMappings)
        try json.field("sysctl", &sysctl)
        try json.field("resources", &resources)
        try json.field("cgroupsPath", &cgroupsPath)
        try json.field("namespaces", &namespaces)
        try json.field("devices", &devices)
        try json.field("netDevices", &netDevices)
        try json.field("seccomp", &seccomp)
        try json.field("rootfsPropagation", &rootfsPropagation)
        try json.field("maskedPaths", &maskedPaths)
        try json.field("readonlyPaths", &readonlyPaths)
        try json.field("mountLabel", &mountLabel)
        try json.field("intelRdt", &intelRdt)
        try json.field("memoryPolicy", &memoryPolicy)
        try json.field("personality", &personality)
        try json.field("timeOffsets", &timeOffsets)
    }
}
