/// A subcommand: its options, and what it does. The answer is the process's exit code.
struct Command: Sendable {
    let name: String
    let summary: String
    /// Command lines for the help, without the program's name.
    let examples: [String]
    /// What follows the options, for the help.
    var arguments = "CONTAINER"
    /// How many words follow the options.
    var words: ClosedRange<Int> = 1...1
    let options: [Option]
    /// Whether options may follow words, too; not where another program's command line follows.
    var areMixed = true
    /// Whether a copy of this process enters a container.
    var entersContainer = false
    /// The exit code of one that failed.
    var failureCode: Int32 = 1
    let run: @Sendable (Options, GlobalOptions) throws(Failure) -> Int32

    var help: String {
        """
        usage: berth-runtime [GLOBAL OPTIONS] \(name) [OPTIONS] \(arguments)

        \(name): \(summary)

        \((options + [.flag("help", "h", "print this")]).help)
        Examples:
        \(examples.map { "  berth-runtime \($0)\n" }.joined())
        """
    }

    /// Refuses too few words, and too many.
    func check(_ given: Options) throws(Failure) {
        let count = given.words.count
        if words.contains(count) { return }
        let wanted =
            words.lowerBound == words.upperBound
            ? "exactly \(words.lowerBound)"
            : count < words.lowerBound ? "at least \(words.lowerBound)" : "at most \(words.upperBound)"
        throw Failure.usage("\(name): expected \(wanted) argument\(wanted.hasSuffix(" 1") ? "" : "s"), found \(count)")
    }
}
