internal import CSeccomp
internal import Kernel
internal import RuntimeSpec

/// One use of libseccomp. See seccomp_init(3).
///
/// Its search tree (`SCMP_FLTATR_CTL_OPTIMIZE`) stays off: it doubles the time to build, 13 ms in place of 7 for a
/// profile of 350 calls and three architectures, and since Linux 5.11 the kernel remembers which calls a filter allows
/// whatever their arguments and does not run it for those.
struct FilterBuilder: ~Copyable {
    private let context: scmp_filter_ctx
    private let profile: SeccompProfile

    /// The native architecture and those of the profile, as libseccomp's tokens.
    private(set) var architectures: [UInt32]

    init(_ profile: SeccompProfile) throws(SeccompError) {
        let action = profile.defaultAction.returnValue(errno: profile.defaultErrnoRet)
        guard let context = seccomp_init(action) else {
            throw SeccompError(
                "linux.seccomp.defaultAction", "libseccomp does not take \(profile.defaultAction.rawValue)")
        }
        self.context = context
        self.profile = profile
        architectures = [seccomp_arch_native()]
        // no_new_privs is the caller's to decide.
        seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0)
    }

    mutating func addArchitectures() throws(SeccompError) {
        for (index, architecture) in profile.architectures.enumerated() {
            let field = "linux.seccomp.architectures[\(index)]"
            let token = seccomp_arch_resolve_name(architecture.libraryName)
            guard token != 0 else {
                throw SeccompError(field, "libseccomp does not know \(architecture.rawValue)")
            }
            let result = seccomp_arch_add(context, token)
            guard result == 0 || result == -Errno.exists.rawValue else {
                throw SeccompError(field, "\(architecture.rawValue): \(Errno(rawValue: -result))")
            }
            if !architectures.contains(token) { architectures.append(token) }
        }
    }

    deinit {
        seccomp_release(context)
    }

    /// Adds the profile's rules; answers the names that were passed over.
    borrowing func addRules() throws(SeccompError) -> [String] {
        let defaultAction = profile.defaultAction.returnValue(errno: profile.defaultErrnoRet)
        var unknown: [String] = []
        for (index, rule) in profile.syscalls.enumerated() {
            let action = rule.action.returnValue(errno: rule.errnoRet)
            // libseccomp refuses rules that change nothing.
            if action == defaultAction { continue }
            let alternatives = rule.alternatives
            for name in rule.names {
                let number = seccomp_syscall_resolve_name(name)
                if number == Self.noSuchCall {
                    unknown.append(name)
                    continue
                }
                for arguments in alternatives {
                    let result = seccomp_rule_add_array(
                        context, action, number, UInt32(arguments.count), arguments.isEmpty ? nil : arguments)
                    guard result == 0 || result == -Errno.exists.rawValue else {
                        throw SeccompError(
                            "linux.seccomp.syscalls[\(index)]",
                            "libseccomp refuses the rule for \"\(name)\": \(Errno(rawValue: -result))")
                    }
                }
            }
        }
        return unknown
    }

    /// The program, through a file of memory: older versions of libseccomp write only to descriptors.
    borrowing func export() throws(SeccompError) -> [UInt64] {
        do {
            let file = try FileDescriptor.memoryFile("seccomp")
            let result = seccomp_export_bpf(context, file.rawValue)
            if result != 0 {
                throw SystemCallError("seccomp_export_bpf", errno: Errno(rawValue: -result))
            }
            try file.seek(to: 0)
            return try file.readAll(limit: 1 << 20, expecting: 1 << 15).withUnsafeBytes { bytes in
                (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
            }
        } catch {
            throw SeccompError("linux.seccomp", "the filter could not be built: \(error)")
        }
    }

    /// `__NR_SCMP_ERROR`.
    static let noSuchCall: Int32 = -1
}

extension SeccompRule {
    /// libseccomp's rules for this one: all arguments must hold, but several for the same argument are alternatives,
    /// each a rule of its own, as with runc.
    fileprivate var alternatives: [[scmp_arg_cmp]] {
        let comparisons = args.map {
            scmp_arg_cmp(arg: $0.index, op: $0.op.libraryOperator, datum_a: $0.value, datum_b: $0.valueTwo)
        }
        let repeats = Set(args.map(\.index)).count != args.count
        return repeats ? comparisons.map { [$0] } : [comparisons]
    }
}

extension SeccompOperator {
    fileprivate var libraryOperator: scmp_compare {
        switch self {
        case .notEqual: SCMP_CMP_NE
        case .less: SCMP_CMP_LT
        case .lessOrEqual: SCMP_CMP_LE
        case .equal: SCMP_CMP_EQ
        case .greaterOrEqual: SCMP_CMP_GE
        case .greater: SCMP_CMP_GT
        case .maskedEqual: SCMP_CMP_MASKED_EQ
        }
    }
}

extension SeccompArchitecture {
    /// The name without its prefix, in lower case. See seccomp_arch_resolve_name(3).
    fileprivate var libraryName: String {
        String(rawValue.dropFirst("SCMP_ARCH_".utf8.count)).lowercased()
    }
}
