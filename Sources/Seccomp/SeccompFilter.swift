internal import CSeccomp
package import Kernel
package import RuntimeSpec

/// A profile of the runtime specification as a program for the kernel.
///
/// The parent builds it, by libseccomp, before it makes the child; the child only loads the program.
package struct SeccompFilter: Sendable, Equatable {
    package let program: SystemCallFilter

    /// Names of system calls that libseccomp does not know on this machine. Their rules have no effect, as with runc: a
    /// profile names calls of many kernels.
    package let unknown: [String]

    /// Whether ``load()`` answers a listener.
    package let notifies: Bool

    /// - Parameter profile: validated. See `Spec.validate()`.
    package init(_ profile: SeccompProfile) throws(SeccompError) {
        var builder = try FilterBuilder(profile)
        try builder.addArchitectures()
        let unknown = try builder.addRules()
        let body = try builder.export()
        let stub = UnknownCallStub(profile, architectures: builder.architectures)
        let instructions = stub.instructions + body
        guard instructions.count <= Self.longest else {
            throw SeccompError(
                "linux.seccomp", "filter of \(instructions.count) instructions, the kernel takes \(Self.longest)")
        }
        program = SystemCallFilter(instructions: instructions, flags: Self.flags(of: profile))
        self.unknown = unknown
        notifies = profile.notifies
    }

    /// Puts the calling process under the filter. See ``SystemCallFilter/load()``.
    package func load() throws(SystemCallError) -> FileDescriptor? {
        try program.load()
    }

    /// BPF_MAXINSNS.
    private static let longest = 4096

    /// Without flags speculation stays allowed, as with runc: the mitigation that seccomp implied before Linux 5.16
    /// costs much and protects nothing but programs that run foreign code in their own address space.
    private static func flags(of profile: SeccompProfile) -> UInt32 {
        var bits: UInt32 = profile.flags.isEmpty ? SeccompFlag.allowSpeculation.bit : 0
        for flag in profile.flags { bits |= flag.bit }
        if profile.notifies {
            bits |= 1 << 3  // SECCOMP_FILTER_FLAG_NEW_LISTENER
            // With a listener the kernel reports threads that cannot follow as an error, not as a thread's number.
            if bits & SeccompFlag.threadSync.bit != 0 { bits |= 1 << 4 }  // SECCOMP_FILTER_FLAG_TSYNC_ESRCH
        }
        return bits
    }
}

extension SeccompFlag {
    /// Whether the kernel that runs has it, too. That of a listener needs one.
    package var isSupported: Bool {
        SystemCallFilter.isKnown(flags: self == .waitKillable ? bit | 1 << 3 : bit)
    }

    /// `SECCOMP_FILTER_FLAG_*` of linux/seccomp.h.
    var bit: UInt32 {
        switch self {
        case .threadSync: 1 << 0
        case .log: 1 << 1
        case .allowSpeculation: 1 << 2
        case .waitKillable: 1 << 5
        }
    }
}

extension SeccompAction {
    /// `SECCOMP_RET_*` of linux/seccomp.h, with the error number where the action has one.
    func returnValue(errno: UInt32?) -> UInt32 {
        switch self {
        case .kill, .killThread: 0
        case .killProcess: 0x8000_0000
        case .trap: 0x0003_0000
        case .errno: 0x0005_0000 | (errno ?? 1)
        case .trace: 0x7FF0_0000 | (errno ?? 1)
        case .allow: 0x7FFF_0000
        case .log: 0x7FFC_0000
        case .notify: 0x7FC0_0000
        }
    }
}
