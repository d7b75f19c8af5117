internal import Client

/// Whole lives of containers over one connection a turn, one after the other and by several workers.
/// The two take turns, so that a machine that slows down or speeds up does so for both.
struct CallsPart: Sendable {
    let stock: Contender
    let berth: Contender
    let namespace: String
    let image: ResolvedImage
    /// How often the two take turns.
    let rounds: Int
    /// Containers for each in a turn.
    let containers: Int
    let workers: Int

    private struct Tally: Sendable {
        /// Of a container's whole life.
        var lives = Sample()
        var steps = [Sample](repeating: Sample(), count: ContainerLife.Step.allCases.count)
        /// Of a turn, divided by its containers.
        var shares = Sample()

        mutating func add(_ results: [[Duration]], in time: Duration) {
            for steps in results {
                lives.add(steps.reduce(.zero, +))
                for (index, step) in steps.enumerated() { self.steps[index].add(step) }
            }
            shares.add(time / results.count)
        }
    }

    func run() async throws {
        for workers in Set([1, workers]).sorted() {
            var (stockTally, berthTally) = (Tally(), Tally())
            for round in -1..<rounds {
                for place in 0..<2 {
                    let isBerth = (round + place) & 1 == 0
                    let name = "w\(workers)-r\(round + 1)"
                    let (results, time) = try await ContainerLife.connected(
                        to: isBerth ? berth : stock, namespace: namespace, image: image
                    ) { life in try await self.turn(life, workers, name) }
                    // What the first turn of each finds cold is not counted.
                    guard round >= 0 else { continue }
                    if isBerth { berthTally.add(results, in: time) } else { stockTally.add(results, in: time) }
                }
            }
            report(stockTally, berthTally, workers)
        }
    }

    private func turn(_ life: ContainerLife, _ workers: Int, _ name: String) async throws -> ([[Duration]], Duration) {
        let clock = ContinuousClock()
        let start = clock.now
        let results = try await withThrowingTaskGroup(of: [[Duration]].self) { group in
            for worker in 0..<workers {
                let share = (containers + workers - 1 - worker) / workers
                group.addTask {
                    var times: [[Duration]] = []
                    for number in 0..<share {
                        times.append(try await life.run("\(name)-\(worker)-\(number)", ["true"]))
                    }
                    return times
                }
            }
            return try await group.reduce(into: [[Duration]]()) { $0 += $1 }
        }
        return (results, clock.now - start)
    }

    private func report(_ stock: Tally, _ berth: Tally, _ workers: Int) {
        let count = stock.lives.times.count
        Report.heading("One gRPC client, \(workers) at a time, \(count) containers each")
        Report.row("", Report.timesColumns)
        Report.times("a container, from nothing to nothing", stock: stock.lives, berth: berth.lives, goal: 6)
        if workers > 1 {
            Report.times("a container's share of the time", stock: stock.shares, berth: berth.shares, goal: 6)
        }
        for (index, step) in ContainerLife.Step.allCases.enumerated() {
            Report.times("  " + step.rawValue, stock: stock.steps[index], berth: berth.steps[index])
        }
    }
}
