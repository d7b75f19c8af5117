internal import ArgumentParser
internal import Model

/// Berth's OCI runtime beside another one, and the floor that both stand on, which take turns on one bundle.
struct RuntimeBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runtime", abstract: "Measure berth-runtime beside another OCI runtime.")

    @Option(help: "The program of Tests/Meter.")
    var meter: String
    @Option(help: "The bundle whose process ends at once.")
    var bundle: String
    @Option(help: "The bundle whose process stays.")
    var sleeper: String
    @Option(help: "The root of both.")
    var rootfs: String
    @Option(help: "Where both keep their state.")
    var state: String
    @Option(help: "Berth's runtime.")
    var berth: String
    @Option(help: "The other runtime.")
    var other: String
    @Option(parsing: .unconditionalSingleValue, help: "A global option of the other runtime.")
    var otherOption: [String] = []
    @Option(help: "The largest ratio of berth to the other, in wall and CPU time, that is fine.")
    var goal: Double
    @Option(help: "How much more memory than the other's is fine, in KiB.")
    var memory = 3 << 10
    @Option(help: "How often each runs.")
    var runs = 40

    func run() throws {
        let contenders = [
            RuntimeContender(name: "berth", command: [berth, "--root", state + "/berth"]),
            RuntimeContender(name: other, command: [other, "--root", state + "/" + other] + otherOption),
        ]
        try measureRuns(contenders)
        try measureExecs(contenders)
    }

    private func measureRuns(_ contenders: [RuntimeContender]) throws {
        let tallies = try turns(
            floor: ["floor", rootfs, "/bin/true"],
            contenders.map { contender in
                { number in contender.command + ["run", "--bundle", bundle, contender.container(number)] }
            })
        report("run", contenders, tallies)
    }

    private func measureExecs(_ contenders: [RuntimeContender]) throws {
        let name = "\(currentProcess())-sleeper"
        var isRunning: [RuntimeContender] = []
        defer { for contender in isRunning { try? contender.delete(name) } }
        var process = ""
        for contender in contenders {
            isRunning.append(contender)
            process = try contender.start(name, bundle: sleeper)
        }
        let tallies = try turns(
            floor: ["floor-exec", process, "/bin/true"],
            contenders.map { contender in { _ in contender.command + ["exec", name, "true"] } })
        report("exec", contenders, tallies)
    }

    /// The floor's runs first. The order turns, so that none always runs in the wake of the same one; the first turn,
    /// which finds things cold, does not count.
    private func turns(floor: [String], _ commands: [(Int) -> [String]]) throws -> [MeteredRuns] {
        let all = [{ _ in [meter] + floor }] + commands
        var tallies = [MeteredRuns](repeating: MeteredRuns(), count: all.count)
        for number in -1..<runs {
            for offset in all.indices {
                let which = (number + 1 + offset) % all.count
                let run = try MeteredRun.of(all[which](number + 1), meter: meter)
                if number >= 0 { tallies[which].add(run) }
            }
        }
        return tallies
    }

    private func report(_ verb: String, _ contenders: [RuntimeContender], _ tallies: [MeteredRuns]) {
        Report.heading("\"\(verb)\" of \"true\", \(runs) times each")
        Report.columns("wall median", "minimum", "CPU median", "minimum", "peak memory")
        for (name, tally) in zip(["floor"] + contenders.map(\.name), tallies) {
            Report.row(
                name,
                [
                    Report.milliseconds(tally.wall.median), Report.milliseconds(tally.wall.minimum),
                    Report.milliseconds(tally.cpu.median), Report.milliseconds(tally.cpu.minimum),
                    Report.kibibytes(tally.peak),
                ])
        }
        let (berth, other) = (tallies[1], tallies[2])
        let wall = ratios(berth.wall, other.wall)
        let cpu = ratios(berth.cpu, other.cpu)
        Report.row(
            "berth / \(self.other)",
            (wall + cpu).map(Report.decimal) + [Report.kibibytes(berth.peak - other.peak)])
        let verdicts = [
            Report.atMost(goal, wall[0]), "", Report.atMost(goal, cpu[0]), "",
            "\(memory) " + Report.verdict(berth.peak - other.peak <= memory),
        ]
        Report.row("goal", verdicts)
    }

    /// Of the medians and of the minima.
    private func ratios(_ berth: Sample, _ other: Sample) -> [Double] {
        [berth.median / other.median, berth.minimum / other.minimum]
    }
}
