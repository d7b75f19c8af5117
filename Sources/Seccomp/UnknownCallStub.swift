internal import CSeccomp
internal import RuntimeSpec

/// What goes before a filter so that calls newer than the profile fail with ENOSYS.
///
/// A program that tries a new system call falls back to an old one only if it is told ENOSYS; a profile's EPERM makes
/// it give up. A call is newer if its number is beyond all that the profile names. As runc does.
struct UnknownCallStub {
    let instructions: [UInt64]

    private static let errorNoSuchCall: UInt32 = 0x0005_0000 | 38
    /// AUDIT_ARCH_X86_64, which x32 shares; its calls have a bit set in their numbers.
    private static let amd64: UInt32 = 0xC000_003E
    private static let x32: UInt32 = 0x4000_003E
    private static let x32Bit: UInt32 = 0x4000_0000

    init(_ profile: SeccompProfile, architectures: [UInt32]) {
        guard profile.answersUnknownCalls else {
            instructions = []
            return
        }
        var code: [UInt64] = []
        for token in architectures where token != Self.x32 {
            guard let last = Self.lastCall(of: profile, token) else { continue }
            // x32 calls have high numbers by nature; they are the filter's to judge.
            code += Self.block(architecture: token, last: last, limit: token == Self.amd64 ? Self.x32Bit : nil)
        }
        instructions = code
    }

    /// Six instructions at most: is it this architecture, is the number beyond the last, then ENOSYS.
    private static func block(architecture: UInt32, last: UInt32, limit: UInt32?) -> [UInt64] {
        var block = [
            load(offset: 4), jump(0x15, architecture, ifTrue: 0, ifFalse: limit == nil ? 3 : 4), load(offset: 0),
        ]
        if let limit { block.append(jump(0x35, limit, ifTrue: 2, ifFalse: 0)) }
        block.append(jump(0x25, last, ifTrue: 0, ifFalse: 1))
        block.append(answer(errorNoSuchCall))
        return block
    }

    private static func lastCall(of profile: SeccompProfile, _ token: UInt32) -> UInt32? {
        var last: Int32 = -1
        for rule in profile.syscalls {
            for name in rule.names {
                last = max(last, seccomp_syscall_resolve_name_arch(token, name))
            }
        }
        return last < 0 ? nil : UInt32(last)
    }

    // `struct sock_filter`: a 16-bit code, two 8-bit jumps, a 32-bit operand. The data is `struct seccomp_data`: the
    // number at offset 0, the architecture at 4.

    private static func load(offset: UInt32) -> UInt64 {
        instruction(0x20, 0, 0, offset)
    }

    /// 0x15 is equal, 0x25 greater, 0x35 greater or equal. Jumps count from the next instruction.
    private static func jump(_ code: UInt16, _ operand: UInt32, ifTrue: UInt8, ifFalse: UInt8) -> UInt64 {
        instruction(code, ifTrue, ifFalse, operand)
    }

    private static func answer(_ value: UInt32) -> UInt64 {
        instruction(0x06, 0, 0, value)
    }

    private static func instruction(_ code: UInt16, _ ifTrue: UInt8, _ ifFalse: UInt8, _ operand: UInt32) -> UInt64 {
        #if _endian(little)
            UInt64(code) | UInt64(ifTrue) << 16 | UInt64(ifFalse) << 24 | UInt64(operand) << 32
        #else
            UInt64(code) << 48 | UInt64(ifTrue) << 40 | UInt64(ifFalse) << 32 | UInt64(operand)
        #endif
    }
}

extension SeccompProfile {
    /// Whether calls that no rule names are refused, and with another error than ENOSYS.
    fileprivate var answersUnknownCalls: Bool {
        switch defaultAction {
        case .allow, .log, .trace, .notify: false
        case .errno: defaultErrnoRet != 38
        case .kill, .killProcess, .killThread, .trap: true
        }
    }
}
