internal import CSeccomp
internal import Kernel
internal import RuntimeSpec

/// Everything that decides what program a profile becomes: the profile itself, and who makes the program.
struct FilterKey {
    /// Compared byte by byte: a name that two keys share leads to no wrong filter.
    let bytes: [UInt8]

    init(_ profile: SeccompProfile) throws(SystemCallError) {
        var key = FilterKeyWriter()
        // The generator is this very program: another build of it may know better.
        let program = try FileDescriptor.open("/proc/self/exe", .pathOnly).inode()
        key.number(program.device)
        key.number(program.number)
        key.number(UInt64(bitPattern: program.modified.seconds))
        key.number(UInt64(bitPattern: Int64(program.modified.nanoseconds)))
        if let version = seccomp_version()?.pointee {
            for part in [version.major, version.minor, version.micro] { key.number(UInt64(part)) }
        }
        key.text(kernelRelease())
        key.profile(profile)
        bytes = key.bytes
    }

    /// The name of the file, 32 hexadecimal digits.
    var name: String {
        Self.hexadecimal(Checksum.of(bytes)) + Self.hexadecimal(Checksum.of(bytes, from: 0x9e37_79b9_7f4a_7c15))
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

/// Writes values so that no two lists of them look the same: each with its length or at a fixed one.
private struct FilterKeyWriter {
    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(16 << 10)
    }

    mutating func number(_ value: UInt64) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    mutating func text(_ value: String) {
        number(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    private mutating func optional(_ value: UInt32?) {
        number(value.map { UInt64($0) } ?? .max)
    }

    /// All but where the listener is: that is no part of the program.
    mutating func profile(_ profile: SeccompProfile) {
        text(profile.defaultAction.rawValue)
        optional(profile.defaultErrnoRet)
        number(UInt64(profile.architectures.count))
        for architecture in profile.architectures { text(architecture.rawValue) }
        number(UInt64(profile.flags.count))
        for flag in profile.flags { text(flag.rawValue) }
        number(UInt64(profile.syscalls.count))
        for rule in profile.syscalls {
            text(rule.action.rawValue)
            optional(rule.errnoRet)
            number(UInt64(rule.args.count))
            for argument in rule.args {
                number(UInt64(argument.index))
                number(argument.value)
                number(argument.valueTwo)
                text(argument.op.rawValue)
            }
            number(UInt64(rule.names.count))
            for name in rule.names { text(name) }
        }
    }
}

/// FNV-1a: finds damage, not malice.
enum Checksum {
    static func of(_ bytes: some Sequence<UInt8>, from start: UInt64 = 0xcbf2_9ce4_8422_2325) -> UInt64 {
        var sum = start
        for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return sum
    }
}
