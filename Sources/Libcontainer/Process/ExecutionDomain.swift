internal import Kernel
internal import RuntimeSpec

/// What all processes of a container have set for themselves, the first and those that follow.
struct ExecutionDomain: Equatable {
    var personality: LinuxPersonality?
    var memoryPolicy: LinuxMemoryPolicy?

    init() {}

    init(_ linux: Linux) {
        personality = linux.personality
        memoryPolicy = linux.memoryPolicy
    }

    func apply() throws(SetupFailure) {
        if let personality {
            try during(.personality, personality.domain.rawValue) { () throws(SystemCallError) in
                try setPersonality(personality.domain.number)
            }
        }
        if let memoryPolicy {
            try during(.memoryPolicy, memoryPolicy.mode.rawValue) { () throws(SystemCallError) in
                try setMemoryPolicy(memoryPolicy.number, nodes: NumberList.bits(memoryPolicy.nodes ?? "") ?? [])
            }
        }
    }

    /// Refuses numbers that no machine has.
    func validate() throws(ContainerError) {
        if let nodes = memoryPolicy?.nodes, NumberList.bits(nodes) == nil {
            throw ContainerError(.invalidArgument, "linux.memoryPolicy.nodes: expected numbers below 8192")
        }
    }
}

extension LinuxPersonalityDomain {
    /// `PER_*` of sys/personality.h.
    fileprivate var number: UInt {
        switch self {
        case .linux: 0
        case .linux32: 8
        }
    }
}

extension LinuxMemoryPolicy {
    /// `MPOL_*` of linux/mempolicy.h, with the flags.
    fileprivate var number: Int32 {
        let mode: Int32 =
            switch self.mode {
            case .default: 0
            case .preferred: 1
            case .bind: 2
            case .interleave: 3
            case .local: 4
            case .preferredMany: 5
            case .weightedInterleave: 6
            }
        return flags.reduce(mode) { number, flag in
            switch flag {
            case .staticNodes: number | 1 << 15
            case .relativeNodes: number | 1 << 14
            case .numaBalancing: number | 1 << 13
            }
        }
    }
}

/// Lists of CPUs or memory nodes such as `0-3,7`, as the kernel's bit masks.
enum NumberList {
    private static let end: UInt32 = 8192

    /// Nil when the list is none or a number is too large for a mask.
    static func bits(_ list: String) -> [UInt64]? {
        var words: [UInt64] = []
        for range in list.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\n" }) {
            let ends = range.split(separator: "-", maxSplits: 1).map { UInt32($0) }
            guard let first = ends.first ?? nil, let last = ends[ends.count - 1], first <= last, last < end else {
                return nil
            }
            while words.count <= Int(last) / 64 { words.append(0) }
            for number in first...last { words[Int(number) / 64] |= 1 << UInt64(number % 64) }
        }
        return words
    }
}
