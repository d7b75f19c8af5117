/// Processes that are put into a running container: how soon they are through, and what a steady stream of them costs.
struct ShimExecs: Sendable {
    let stock: ShimPlace
    let berth: ShimPlace
    let runs: Int
    let seconds: Int

    private static let perSecond = 10
    /// An exec is more calls than `ContainerLife` counts for a container's life.
    private static let perConnection = ContainerLife.perConnection / 2

    func run() async throws {
        try await stock.withSleeper("exec-\(stock.name)") { stockShim in
            try await berth.withSleeper("exec-\(berth.name)") { berthShim in
                try await one()
                try await stream(stockShim, berthShim)
            }
        }
    }

    /// One after the other, in turns.
    private func one() async throws {
        var times = [Sample(), Sample()]
        for first in stride(from: -1, to: runs, by: Self.perConnection) {
            for (index, place) in [stock, berth].enumerated() {
                let found = try await place.connected { life in
                    var found: [Duration] = []
                    for number in first..<min(first + Self.perConnection, runs) {
                        let time = try await life.exec("exec-\(place.name)", "one-\(number + 1)", ["true"])
                        if number >= 0 { found.append(time) }
                    }
                    return found
                }
                times[index].add(contentsOf: found)
            }
        }
        Report.heading("\"true\" in a running container, from exec to delete, \(runs) times each")
        Report.row("", Report.timesColumns)
        Report.times("exec, wait, start, delete", stock: times[0], berth: times[1], goal: 5)
    }

    /// As probes of liveness do it, into both at the same time.
    private func stream(_ stockShim: Int32, _ berthShim: Int32) async throws {
        let shims = [stockShim, berthShim]
        let before = try shims.map(cpuTime)
        async let stockDone: Void = pace(stock)
        async let berthDone: Void = pace(berth)
        _ = try await (stockDone, berthDone)
        let cost = zip(try shims.map(cpuTime), before).map { $0 - $1 }
        let count = seconds * Self.perSecond
        Report.heading("\(count) of them in \(seconds) s: CPU time of the shim and of what it has run")
        Report.columns("stock", "berth", "ratio")
        Report.row(
            "in all",
            cost.map(Report.milliseconds) + ["1/" + Report.decimal(cost[0] / cost[1])])
        Report.row("each", cost.map { Report.milliseconds($0 / count) })
    }

    private func cpuTime(_ shim: Int32) throws -> Duration {
        try ProcessCounters.cpuTime(of: shim, withChildren: true)
    }

    /// A tenth of a second after the one before has begun, or at once if that one has taken longer.
    private func pace(_ place: ShimPlace) async throws {
        let clock = ContinuousClock()
        let count = seconds * Self.perSecond
        for first in stride(from: 0, to: count, by: Self.perConnection) {
            try await place.connected { life in
                for number in first..<min(first + Self.perConnection, count) {
                    let next = clock.now + .milliseconds(1000 / Self.perSecond)
                    _ = try await life.exec("exec-\(place.name)", "stream-\(number)", ["true"])
                    try await clock.sleep(until: next)
                }
            }
        }
    }
}
