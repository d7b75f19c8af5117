/// What a regular expression says, before it is a program.
indirect enum FilterPatternNode {
    case empty
    case scalar(Unicode.Scalar)
    case set(FilterPatternSet)
    case any
    case anyButNewline
    case assertion(FilterPatternAssertion)
    case sequence([FilterPatternNode])
    case alternatives([FilterPatternNode])
    /// `maximum` nil is without bound.
    case repetition(FilterPatternNode, minimum: Int, maximum: Int?)
}

/// Characters by ranges, such as `[^a-z]`.
struct FilterPatternSet: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false
    var ignoresCase = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        var found = includes(scalar)
        if !found && ignoresCase {
            found = scalar.otherCases.contains { includes($0) }
        }
        return found != isNegated
    }

    private func includes(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) }
    }
}

extension Unicode.Scalar {
    fileprivate var otherCases: [Unicode.Scalar] {
        [properties.lowercaseMapping, properties.uppercaseMapping].compactMap { mapping in
            mapping.unicodeScalars.count == 1 ? mapping.unicodeScalars.first : nil
        }
    }

    fileprivate var isWord: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }
}

/// What must hold between two characters; nil stands for the ends of the text.
enum FilterPatternAssertion: Sendable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary

    func holds(between previous: Unicode.Scalar?, and current: Unicode.Scalar?) -> Bool {
        switch self {
        case .textStart: previous == nil
        case .textEnd: current == nil
        case .lineStart: previous == nil || previous == "\n"
        case .lineEnd: current == nil || current == "\n"
        case .wordBoundary: (previous?.isWord ?? false) != (current?.isWord ?? false)
        case .noWordBoundary: (previous?.isWord ?? false) == (current?.isWord ?? false)
        }
    }
}

/// A regular expression as instructions for the threads of a search. It begins at 0 and ends with `match`.
struct FilterPatternProgram: Sendable {
    enum Instruction: Sendable {
        case scalar(Unicode.Scalar)
        /// An index into `sets`.
        case set(Int)
        case any
        case anyButNewline
        case assertion(FilterPatternAssertion)
        case split(Int, Int)
        case jump(Int)
        case match
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [FilterPatternSet] = []

    init(_ node: FilterPatternNode) throws(FilterPattern.Problem) {
        try append(node)
        try emit(.match)
    }

    private mutating func emit(_ instruction: Instruction) throws(FilterPattern.Problem) {
        guard instructions.count < FilterPattern.maximumInstructions else {
            throw FilterPattern.Problem(message: "too large once its repetitions are written out")
        }
        instructions.append(instruction)
    }

    private mutating func append(_ node: FilterPatternNode) throws(FilterPattern.Problem) {
        switch node {
        case .empty: break
        case .scalar(let scalar): try emit(.scalar(scalar))
        case .set(let set):
            sets.append(set)
            try emit(.set(sets.count - 1))
        case .any: try emit(.any)
        case .anyButNewline: try emit(.anyButNewline)
        case .assertion(let assertion): try emit(.assertion(assertion))
        case .sequence(let nodes):
            for node in nodes { try append(node) }
        case .alternatives(let nodes): try append(alternatives: nodes)
        case .repetition(let node, let minimum, let maximum):
            try append(repeating: node, minimum: minimum, maximum: maximum)
        }
    }

    private mutating func append(alternatives nodes: [FilterPatternNode]) throws(FilterPattern.Problem) {
        var ends: [Int] = []
        for node in nodes.dropLast() {
            let fork = instructions.count
            try emit(.jump(0))
            try append(node)
            ends.append(instructions.count)
            try emit(.jump(0))
            instructions[fork] = .split(fork + 1, instructions.count)
        }
        if let last = nodes.last { try append(last) }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func append(
        repeating node: FilterPatternNode, minimum: Int, maximum: Int?
    ) throws(FilterPattern.Problem) {
        for _ in 0..<minimum { try append(node) }
        guard let maximum else {
            let loop = instructions.count
            try emit(.jump(0))
            try append(node)
            try emit(.jump(loop))
            instructions[loop] = .split(loop + 1, instructions.count)
            return
        }
        var forks: [Int] = []
        for _ in 0..<(maximum - minimum) {
            forks.append(instructions.count)
            try emit(.jump(0))
            try append(node)
        }
        for fork in forks { instructions[fork] = .split(fork + 1, instructions.count) }
    }
}
