internal import ArgumentParser

/// Measures Berth beside what else there is. `contrib/bench/run` prepares what is needed and calls it.
@main struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "berth-bench",
        abstract: "Measure Berth beside what else there is; see contrib/bench/run, which prepares both.",
        subcommands: [SupervisorBench.self, RuntimeBench.self, ShimBench.self, ChurnSoak.self])
}
