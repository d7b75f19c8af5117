internal import RuntimeSpec

/// Assembles the eBPF program that enforces device rules for a version 2 cgroup.
///
/// The rules apply in order, to each of read, write and mknod by itself: a later rule overrides an earlier one. The
/// program keeps the permissions granted so far in a register, runs through all rules, and in the end compares them
/// with what is asked for. It answers 1 to permit and 0 to forbid. See `struct bpf_cgroup_dev_ctx` in linux/bpf.h.
struct DeviceProgramSource {
    private(set) var instructions: [UInt64] = []

    private enum Register {
        /// Granted permissions, later the answer.
        static let granted: UInt8 = 0
        static let context: UInt8 = 1
        /// The permissions asked for.
        static let wanted: UInt8 = 2
        static let type: UInt8 = 3
        static let major: UInt8 = 4
        static let minor: UInt8 = 5
    }

    /// Opcodes: class, size or operation, source. See the kernel's document on the eBPF instruction set.
    private enum Opcode {
        static let loadWord: UInt8 = 0x61
        static let move: UInt8 = 0xB7
        static let and: UInt8 = 0x57
        static let andRegister: UInt8 = 0x5F
        static let or: UInt8 = 0x47
        static let xor: UInt8 = 0xA7
        static let shiftRight: UInt8 = 0x77
        static let jumpIfEqual: UInt8 = 0x15
        static let jumpIfNotEqual: UInt8 = 0x55
        static let exit: UInt8 = 0x95
    }

    init(_ rules: [DeviceAccess]) {
        emit(Opcode.loadWord, Register.wanted, source: Register.context, offset: 0)
        emit(Opcode.loadWord, Register.major, source: Register.context, offset: 4)
        emit(Opcode.loadWord, Register.minor, source: Register.context, offset: 8)
        emit(Opcode.loadWord, Register.type, source: Register.context, offset: 0)
        emit(Opcode.and, Register.type, immediate: 0xFFFF)
        emit(Opcode.shiftRight, Register.wanted, immediate: 16)
        emit(Opcode.move, Register.granted, immediate: 0)
        // What stands before a rule for everything has no effect.
        let start = rules.lastIndex { $0.matchesEverything } ?? rules.startIndex
        for rule in rules[start...] { append(rule) }
        emit(Opcode.xor, Register.granted, immediate: Int32(DeviceAccess.Permissions.all.rawValue))
        emit(Opcode.andRegister, Register.wanted, source: Register.granted)
        emit(Opcode.move, Register.granted, immediate: 1)
        emit(Opcode.jumpIfEqual, Register.wanted, offset: 1, immediate: 0)
        emit(Opcode.move, Register.granted, immediate: 0)
        emit(Opcode.exit, Register.granted)
    }

    private mutating func append(_ rule: DeviceAccess) {
        var conditions: [(UInt8, Int32)] = []
        if let type = rule.kernelType { conditions.append((Register.type, type)) }
        if let major = rule.major { conditions.append((Register.major, Int32(bitPattern: major))) }
        if let minor = rule.minor { conditions.append((Register.minor, Int32(bitPattern: minor))) }
        for (index, condition) in conditions.enumerated() {
            // Past the remaining conditions and the one instruction that they guard.
            emit(
                Opcode.jumpIfNotEqual, condition.0, offset: Int16(conditions.count - index),
                immediate: condition.1)
        }
        let permissions = Int32(rule.permissions.rawValue)
        if rule.allow {
            emit(Opcode.or, Register.granted, immediate: permissions)
        } else {
            emit(Opcode.and, Register.granted, immediate: ~permissions)
        }
    }

    /// `struct bpf_insn` on a little-endian machine: opcode, two registers, offset, immediate.
    private mutating func emit(
        _ opcode: UInt8, _ destination: UInt8, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0
    ) {
        #if _endian(little)
            let registers = source << 4 | destination
            instructions.append(
                UInt64(opcode) | UInt64(registers) << 8 | UInt64(UInt16(bitPattern: offset)) << 16
                    | UInt64(UInt32(bitPattern: immediate)) << 32)
        #else
            let registers = destination << 4 | source
            instructions.append(
                UInt64(opcode) << 56 | UInt64(registers) << 48 | UInt64(UInt16(bitPattern: offset)) << 32
                    | UInt64(UInt32(bitPattern: immediate)))
        #endif
    }
}
