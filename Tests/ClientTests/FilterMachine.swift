import CSeccomp
import Kernel

/// Runs a filter as the kernel does, for one system call. See the kernel's document "Classic BPF".
struct FilterMachine {
    enum Answer: Equatable {
        case allowed
        case refused(errno: UInt32)
        case other(UInt32)
    }

    /// AUDIT_ARCH_* of linux/audit.h, and libseccomp's token for the calls' names.
    enum Architecture: UInt32, CaseIterable {
        case amd64 = 0xC000_003E
        case x86 = 0x4000_0003
        case arm64 = 0xC000_00B7

        static var native: Architecture {
            #if arch(arm64)
                .arm64
            #else
                .amd64
            #endif
        }
    }

    let filter: SystemCallFilter

    func answer(
        to name: String, _ arguments: UInt64..., on architecture: Architecture = .native
    ) throws -> Answer {
        let number = Self.direct(name, architecture) ?? seccomp_syscall_resolve_name_arch(architecture.rawValue, name)
        guard number >= 0 else { throw UnknownCall(name: name) }
        return run(data(UInt32(number), architecture.rawValue, arguments))
    }

    /// Of 32-bit x86, where libseccomp has numbers of its own for calls that `socketcall` makes as well.
    private static func direct(_ name: String, _ architecture: Architecture) -> Int32? {
        architecture == .x86 ? ["socket": 359, "connect": 362][name] : nil
    }

    struct UnknownCall: Error {
        let name: String
    }

    /// `struct seccomp_data` in words: number, architecture, two of the instruction's address, two for each argument.
    private func data(_ number: UInt32, _ architecture: UInt32, _ arguments: [UInt64]) -> [UInt32] {
        [number, architecture, 0, 0]
            + (0..<6).flatMap { index -> [UInt32] in
                let value = index < arguments.count ? arguments[index] : 0
                return [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
            }
    }

    private func run(_ data: [UInt32]) -> Answer {
        var accumulator: UInt32 = 0
        var position = 0
        while true {
            let instruction = filter.instructions[position]
            let operand = UInt32(truncatingIfNeeded: instruction >> 32)
            position += 1
            func jump(_ holds: Bool) { position += Int(UInt8(truncatingIfNeeded: instruction >> (holds ? 16 : 24))) }
            switch UInt16(truncatingIfNeeded: instruction) {
            case 0x20: accumulator = data[Int(operand / 4)]
            case 0x54: accumulator &= operand
            case 0x05: position += Int(operand)
            case 0x15: jump(accumulator == operand)
            case 0x25: jump(accumulator > operand)
            case 0x35: jump(accumulator >= operand)
            case 0x45: jump(accumulator & operand != 0)
            case 0x06: return Self.answer(operand)
            default: preconditionFailure("instruction \(String(instruction, radix: 16)) is not expected in a filter")
            }
        }
    }

    private static func answer(_ value: UInt32) -> Answer {
        switch value & 0xFFFF_0000 {
        case 0x7FFF_0000: .allowed
        case 0x0005_0000: .refused(errno: value & 0xFFFF)
        default: .other(value)
        }
    }
}
