/// A regular expression in Go's syntax (RE2), as the filter language and its clients know it.
///
/// Patterns come from clients, so a search takes time linear in the text whatever the pattern is: the pattern
/// becomes a small program whose threads run side by side, without backtracking. Size is bounded too: patterns of
/// at most ``maximumLength`` characters, nested at most 100 deep, repeated at most 1000 times, compiling to at most
/// ``maximumInstructions``.
///
/// Left out are `\p` classes and `\C`, and whatever only says what a match captures is accepted and means nothing.
package struct FilterPattern: Sendable {
    package static let maximumLength = 4096
    package static let maximumInstructions = 4096

    package struct Problem: Error {
        package let message: String
    }

    private let program: FilterPatternProgram

    package init(_ text: String) throws(Problem) {
        guard text.unicodeScalars.count <= FilterPattern.maximumLength else {
            throw Problem(message: "longer than \(FilterPattern.maximumLength) characters")
        }
        var parser = FilterPatternParser(text)
        program = try FilterPatternProgram(try parser.parse())
    }

    /// Whether the pattern matches anywhere in `text`.
    package func occurs(in text: String) -> Bool {
        var search = Search(program: program)
        return search.run(over: text)
    }
}

/// One run of a program over a text: the set of threads that are alive before each character.
private struct Search {
    let instructions: [FilterPatternProgram.Instruction]
    let sets: [FilterPatternSet]
    /// Program counters that wait for the current character, and those that will for the one after it.
    var waiting: [Int] = []
    var next: [Int] = []
    var pending: [Int] = []
    /// The step in which a program counter was last visited.
    var visited: [Int]

    init(program: FilterPatternProgram) {
        instructions = program.instructions
        sets = program.sets
        visited = Array(repeating: -1, count: program.instructions.count)
    }

    mutating func run(over text: String) -> Bool {
        var previous: Unicode.Scalar?
        var step = 0
        var rest = text.unicodeScalars.makeIterator()
        var current = rest.next()
        while true {
            // A match may begin anywhere: one more thread starts at every character.
            if follow(0, step: step, previous: previous, current: current) { return true }
            guard let scalar = current else { return false }
            let following = rest.next()
            swap(&waiting, &next)
            next.removeAll(keepingCapacity: true)
            for counter in waiting where accepts(counter, scalar) {
                if follow(counter + 1, step: step + 1, previous: scalar, current: following) { return true }
            }
            previous = scalar
            current = following
            step += 1
        }
    }

    private func accepts(_ counter: Int, _ scalar: Unicode.Scalar) -> Bool {
        switch instructions[counter] {
        case .scalar(let expected): scalar == expected
        case .set(let index): sets[index].contains(scalar)
        case .any: true
        case .anyButNewline: scalar != "\n"
        case .assertion, .split, .jump, .match: false
        }
    }

    /// Follows all that consumes nothing from `start`, up to instructions that wait for a character.
    /// - Returns: whether the match was reached.
    private mutating func follow(
        _ start: Int, step: Int, previous: Unicode.Scalar?, current: Unicode.Scalar?
    ) -> Bool {
        pending.append(start)
        while let counter = pending.popLast() {
            guard visited[counter] != step else { continue }
            visited[counter] = step
            switch instructions[counter] {
            case .match:
                pending.removeAll(keepingCapacity: true)
                return true
            case .jump(let target): pending.append(target)
            case .split(let first, let second):
                pending.append(second)
                pending.append(first)
            case .assertion(let assertion):
                if assertion.holds(between: previous, and: current) { pending.append(counter + 1) }
            case .scalar, .set, .any, .anyButNewline: next.append(counter)
            }
        }
        return false
    }
}
