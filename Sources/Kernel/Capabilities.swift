internal import CLinux

/// A set of capabilities, by number. See capabilities(7).
package struct CapabilitySet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let setGroupID = CapabilitySet(rawValue: 1 << 6)
    package static let setUserID = CapabilitySet(rawValue: 1 << 7)
    package static let systemAdministration = CapabilitySet(rawValue: 1 << 21)
    package static let systemResource = CapabilitySet(rawValue: 1 << 24)

    /// The names that capabilities(7) gives them, in the order of their numbers.
    package static let names = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]

    /// Every one that has a name.
    package static let all = CapabilitySet(rawValue: 1 << UInt64(names.count) - 1)

    /// The capability of that name, nil when nobody knows it.
    package init?(name: String) {
        guard let number = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: 1 << UInt64(number))
    }

    /// The names of the members, in the order of their numbers.
    package var memberNames: [String] {
        Self.names.indices.filter { rawValue & (1 << UInt64($0)) != 0 }.map { Self.names[$0] }
    }

    /// What the calling process may make effective. See capget(2).
    package static func permittedNow() throws(SystemCallError) -> CapabilitySet {
        var effective: UInt64 = 0
        var permitted: UInt64 = 0
        var inheritable: UInt64 = 0
        try checked("capget") { berth_capget(&effective, &permitted, &inheritable) }
        return CapabilitySet(rawValue: permitted)
    }
}

/// Removes every capability outside `kept` from the bounding set, for good. See prctl(2), `PR_CAPBSET_DROP`.
package func limitBoundingSet(to kept: CapabilitySet) throws(SystemCallError) {
    for number in 0..<UInt(64) where kept.rawValue & (1 << number) == 0 {
        if berth_prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == -1 {
            // The first number beyond the kernel's last capability.
            if Errno.current == .invalidArgument { return }
            throw SystemCallError("prctl PR_CAPBSET_DROP", on: "\(number)")
        }
    }
}

/// prctl(2) `PR_SET_KEEPCAPS`: whether the permitted set survives the change from root to another user.
package func keepCapabilities(_ keep: Bool) throws(SystemCallError) {
    try checked("prctl PR_SET_KEEPCAPS") { berth_prctl(PR_SET_KEEPCAPS, keep ? 1 : 0, 0, 0, 0) }
}

/// capset(2).
package func setCapabilities(
    effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet
) throws(SystemCallError) {
    try checked("capset") { berth_capset(effective.rawValue, permitted.rawValue, inheritable.rawValue) }
}

/// Makes the ambient set what is given; each member must be permitted and inheritable. See prctl(2), `PR_CAP_AMBIENT`.
package func setAmbientCapabilities(_ capabilities: CapabilitySet) throws(SystemCallError) {
    try checked("prctl PR_CAP_AMBIENT_CLEAR_ALL") {
        berth_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    }
    for number in 0..<UInt(64) where capabilities.rawValue & (1 << number) != 0 {
        try checked("prctl PR_CAP_AMBIENT_RAISE", on: "\(number)") {
            berth_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_RAISE), number, 0, 0)
        }
    }
}
