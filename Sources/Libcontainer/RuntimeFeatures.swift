internal import Kernel
package import RuntimeSpec

extension Features {
    /// The newest version of the runtime specification that is known.
    package static let specification = "1.2.1"

    /// What this runtime can do, whichever program it is part of.
    package static func ofRuntime() -> Features {
        var features = Features()
        features.ociVersionMin = "1.0.0"
        features.ociVersionMax = specification
        features.mountOptions = [
            "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "idmap", "lazytime", "mand",
            "noatime",
            "nodev",
            "nodiratime", "noexec", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev", "rdiratime",
            "relatime",
            "rexec", "ridmap",
            "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnosuid", "ro", "rprivate", "rro", "rrw", "rshared",
            "rslave",
            "rsuid",
            "runbindable", "rw", "shared", "slave", "strictatime", "suid", "sync", "tmpcopyup", "unbindable",
        ]
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
        linux.mountExtensions = MountExtensionFeatures()
        linux.mountExtensions?.idmap = EnabledFeature(enabled: true)
        linux.memoryPolicy = MemoryPolicyFeatures()
        linux.memoryPolicy?.modes = LinuxMemoryPolicyMode.allCases
        linux.memoryPolicy?.flags = LinuxMemoryPolicyFlag.allCases
        linux.netDevices = EnabledFeature(enabled: true)
        features.hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
        features.linux = linux
        return features
    }
}
