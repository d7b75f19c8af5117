internal import Kernel

/// How often a test tries each kind of damage: as often as it is used to, or as the variable `BERTH_FUZZ_ROUNDS` asks.
package func fuzzRounds(_ usual: Int) -> Int {
    let prefix = "BERTH_FUZZ_ROUNDS="
    let asked = environment().first { $0.hasPrefix(prefix) }
    return asked.flatMap { Int($0.dropFirst(prefix.count)) } ?? usual
}
