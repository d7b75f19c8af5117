internal import RuntimeSpec

extension SeccompTemplate {
    /// The profile of containers for which nobody chose one: see ``SystemCallTable``.
    package static let standard: SeccompTemplate = {
        var template = SeccompTemplate()
        template.defaultAction = .errno
        template.defaultErrnoRet = notPermitted
        template.families = [
            ArchitectureFamily(.amd64, with: [.x86, .x32]), ArchitectureFamily(.aarch64, with: [.arm]),
            ArchitectureFamily(.s390x, with: [.s390]),
        ]
        template.rules = socketCall + [Rule(SystemCallTable.always)] + sockets + personalities + clones
        template.rules += SystemCallTable.byCapability.map {
            Rule($0.names, includes: .init(capabilities: [$0.capability]))
        }
        template.rules += SystemCallTable.byArchitecture.map {
            Rule($0.names, includes: .init(architectures: $0.architectures))
        }
        return template
    }()

    /// EPERM and ENOSYS. See errno(3).
    private static let notPermitted: UInt32 = 1
    private static let notImplemented: UInt32 = 38

    /// 32-bit programs can make sockets by `socketcall` as well, where the family is out of a filter's sight, and libseccomp
    /// lets them do so for each rule that lets `socket` pass. Linux has had calls of their own for them since 4.3, to which
    /// C libraries turn that are told that this one does not exist. It must stand first: of rules that differ, libseccomp
    /// keeps the one it was given before.
    private static let socketCall = [Rule(["socketcall"], action: .errno, errno: notImplemented)]

    /// One rule for each stretch of families between those refused: comparisons within a rule cannot say "neither".
    private static var sockets: [Rule] {
        var rules: [Rule] = []
        var next: UInt64 = 0
        for family in SystemCallTable.refusedFamilies {
            if next == 0 {
                rules.append(Rule(["socket"], .init(index: 0, value: family, op: .less)))
            } else {
                for between in next..<family {
                    rules.append(Rule(["socket"], .init(index: 0, value: between, op: .equal)))
                }
            }
            next = family + 1
        }
        return rules + [Rule(["socket"], .init(index: 0, value: next, op: .greaterOrEqual))]
    }

    private static var personalities: [Rule] {
        SystemCallTable.personalities.map { Rule(["personality"], .init(index: 0, value: $0, op: .equal)) }
    }

    /// Without the right to make namespaces: `clone` if it makes none; `clone3` has its flags in memory, and programs
    /// that are told that it does not exist use `clone`.
    private static var clones: [Rule] {
        func clone(flagsAt index: UInt32, includes: Condition, excludes: Condition) -> Rule {
            let argument = SeccompArgument(
                index: index, value: SystemCallTable.namespaceFlags, valueTwo: 0, op: .maskedEqual)
            return Rule(["clone"], argument, includes: includes, excludes: excludes)
        }
        let admin = Condition(capabilities: ["CAP_SYS_ADMIN"])
        let swapped = ["s390", "s390x"]
        return [
            clone(
                flagsAt: 0, includes: .init(), excludes: .init(capabilities: admin.capabilities, architectures: swapped)
            ),
            clone(flagsAt: 1, includes: .init(architectures: swapped), excludes: admin),
            Rule(["clone3"], action: .errno, errno: notImplemented, excludes: admin),
        ]
    }
}

extension SeccompTemplate.Rule {
    /// Lets the calls pass, if the argument is as asked for.
    fileprivate init(
        _ names: [String], _ argument: SeccompArgument? = nil, action: SeccompAction = .allow, errno: UInt32? = nil,
        includes: SeccompTemplate.Condition = .init(), excludes: SeccompTemplate.Condition = .init()
    ) {
        self.init()
        rule = SeccompRule(names: names, action: action, errnoRet: errno, args: argument.map { [$0] } ?? [])
        self.includes = includes
        self.excludes = excludes
    }
}
