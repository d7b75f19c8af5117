/// Whole runs of the command lines that people type.
struct CommandsPart: Sendable {
    let stock: Contender
    let berth: Contender
    let namespace: String
    let image: String
    let berthctl: String
    let runs: Int

    func run() throws {
        var (stockTimes, berthTimes, ownTimes) = (Sample(), Sample(), Sample())
        for number in -1..<runs {
            // The order turns, so that none always runs in the wake of the same one.
            for offset in 0..<3 {
                let which = (number + 1 + offset) % 3
                let time = try ProgramRun.time(
                    [ctr(stock, number), ctr(berth, number), own(number)][which])
                guard number >= 0 else { continue }
                switch which {
                case 0: stockTimes.add(time)
                case 1: berthTimes.add(time)
                default: ownTimes.add(time)
                }
            }
        }
        Report.heading("Command lines that run \"true\" in a new container and remove it, \(runs) times each")
        Report.row("", Report.timesColumns)
        Report.times("ctr run --rm on both", stock: stockTimes, berth: berthTimes, goal: 3)
        Report.times("ctr on stock, berthctl on berth", stock: stockTimes, berth: ownTimes, goal: 6)
    }

    private func ctr(_ contender: Contender, _ number: Int) -> [String] {
        ["ctr", "-a", contender.address, "-n", namespace, "run", "--rm", image, "ctr-\(number + 1)", "true"]
    }

    private func own(_ number: Int) -> [String] {
        [
            berthctl, "run", "--address", berth.address, "--namespace", namespace, "--name", "own-\(number + 1)",
            "--runtime", "io.containerd.runc.v2", "--rm", image, "true",
        ]
    }
}
