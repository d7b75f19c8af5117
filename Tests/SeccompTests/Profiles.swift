import CSeccomp
import Glibc
import RuntimeSpec

/// Profiles as engines have them.
enum Profiles {
    /// Allows every call with a lower number, but for some, and three with conditions: of the size and form of
    /// Docker's.
    static func allowList(below end: Int32 = 470, except: Set<String> = ["mkdirat", "swapoff", "swapon"])
        -> SeccompProfile
    {
        var names: [String] = []
        for number in 0..<end {
            guard let name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), number) else { continue }
            names.append(String(cString: name))
            free(name)
        }
        let conditional: Set = ["personality", "clone", "socket"]
        names.removeAll { except.contains($0) || conditional.contains($0) }
        var profile = SeccompProfile()
        profile.defaultAction = .errno
        profile.defaultErrnoRet = 1
        profile.architectures = [.amd64, .x86, .x32]
        profile.syscalls = [
            SeccompRule(names: names, action: .allow),
            SeccompRule(
                names: ["clone"], action: .allow,
                args: [SeccompArgument(index: 0, value: 2_114_060_288, op: .maskedEqual)]),
            SeccompRule(
                names: ["socket"], action: .allow, args: [SeccompArgument(index: 0, value: 40, op: .notEqual)]),
        ]
        for value: UInt64 in [0, 8, 131_072, 131_080, 4_294_967_295] {
            profile.syscalls.append(
                SeccompRule(
                    names: ["personality"], action: .allow,
                    args: [SeccompArgument(index: 0, value: value, op: .equal)]))
        }
        return profile
    }
}
