internal import Kernel
package import RuntimeSpec
internal import Seccomp

extension Features {
    /// The newest version of the runtime specification that is known.
    package static let specification = "1.3.0"

    /// What this runtime can do, whichever program it is part of.
    package static func ofRuntime() -> Features {
        var features = Features()
        features.ociVersionMin = "1.0.0"
        features.ociVersionMax = specification
        features.mountOptions = MountOptions.names
        var linux = LinuxFeatures()
        linux.namespaces = [.cgroup, .ipc, .mount, .network, .pid, .time, .user, .uts]
        linux.capabilities = CapabilitySet.names
        linux.apparmor = EnabledFeature(enabled: true)
        linux.selinux = EnabledFeature(enabled: true)
        linux.seccomp = SeccompFeatures()
        linux.seccomp?.enabled = true
        linux.seccomp?.actions = SeccompAction.allCases
        linux.seccomp?.operators = SeccompOperator.allCases
        linux.seccomp?.archs = SeccompArchitecture.allCases.filter { $0 != .sheb && $0 != .sh && $0 != .m68k }
        linux.seccomp?.knownFlags = SeccompFlag.allCases
        linux.seccomp?.supportedFlags = SeccompFlag.allCases.filter(\.isSupported)
        linux.cgroup = .ofRuntime
        linux.intelRdt = IntelRDTFeatures()
        linux.intelRdt?.enabled = true
        linux.intelRdt?.schemata = true
        linux.intelRdt?.monitoring = true
        linux.mountExtensions = MountExtensionFeatures()
        linux.mountExtensions?.idmap = EnabledFeature(enabled: true)
        linux.memoryPolicy = MemoryPolicyFeatures()
        linux.memoryPolicy?.modes = LinuxMemoryPolicyMode.allCases
        linux.memoryPolicy?.flags = LinuxMemoryPolicyFlag.allCases
        linux.netDevices = EnabledFeature(enabled: true)
        features.hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
        features.linux = linux
        features.potentiallyUnsafeConfigAnnotations = ["org.criu.config", "org.systemd.property."]
        return features
    }
}

extension CgroupFeatures {
    fileprivate static var ofRuntime: CgroupFeatures {
        var cgroup = CgroupFeatures()
        cgroup.v1 = true
        cgroup.v2 = true
        cgroup.systemd = true
        cgroup.systemdUser = true
        cgroup.rdma = true
        return cgroup
    }
}
