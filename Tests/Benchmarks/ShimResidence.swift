/// What shims of running containers hold and do, and how soon they have answered.
struct ShimResidence: Sendable {
    let stock: ShimPlace
    let berth: ShimPlace
    let containers: Int
    /// Seconds.
    let idle: Int

    private struct Finding {
        var creations = Sample()
        var starts = Sample()
        var shims: [Int32] = []
        /// Of all shims, when half of the containers run, in KiB.
        var half = 0
        var memory: [ProcessMemory] = []
        var threads = 0
        var switches = 0
    }

    func run() async throws {
        var findings = [Finding(), Finding()]
        let places = [stock, berth]
        // They take turns, a connection each.
        for first in stride(from: 0, to: containers, by: ContainerLife.perConnection) {
            let numbers = first..<min(first + ContainerLife.perConnection, containers)
            for (index, place) in places.enumerated() { try await start(numbers, at: place, &findings[index]) }
        }
        for index in places.indices { try look(&findings[index]) }
        let before = try findings.map(switches)
        try await Task.sleep(for: .seconds(idle))
        for (index, count) in try findings.map(switches).enumerated() {
            findings[index].switches = count - before[index]
        }
        for place in places {
            try await place.each(0..<containers) { life, number in
                try await life.end("\(place.name)-\(number)")
            }
        }
        report(findings[0], findings[1])
    }

    private func start(_ numbers: Range<Int>, at place: ShimPlace, _ finding: inout Finding) async throws {
        let results = try await place.connected { life in
            var results: [ContainerLife.Started] = []
            for number in numbers {
                results.append(try await life.start("\(place.name)-\(number)", ["sleep", "3600"]))
            }
            return results
        }
        for result in results {
            finding.creations.add(result.creation)
            finding.starts.add(result.start)
            let shim = try ProcessMemory.parent(of: result.pid)
            if !finding.shims.contains(shim) { finding.shims.append(shim) }
            if finding.creations.times.count == containers / 2 {
                finding.half = try finding.shims.reduce(0) { try $0 + ProcessMemory(pid: $1).proportional }
            }
        }
    }

    private func look(_ finding: inout Finding) throws {
        for shim in finding.shims {
            finding.memory.append(try ProcessMemory(pid: shim))
            finding.threads += try ProcessCounters.threads(of: shim)
        }
    }

    private func switches(_ finding: Finding) throws -> Int {
        try finding.shims.reduce(0) { try $0 + ProcessCounters.contextSwitches(of: $1) }
    }

    /// What one more container costs, in KiB, by the second half of them.
    private func marginal(_ finding: Finding) -> Int {
        let whole = finding.memory.reduce(0) { $0 + $1.proportional }
        return (whole - finding.half) / (containers - containers / 2)
    }

    private func report(_ stock: Finding, _ berth: Finding) {
        Report.heading("Shims of \(containers) containers each, under stock containerd")
        Report.row("", Report.timesColumns)
        Report.times("create answered", stock: stock.creations, berth: berth.creations, goal: 5)
        Report.times("start answered", stock: stock.starts, berth: berth.starts, goal: 5)
        Report.heading("What they hold, and do in \(idle) s without a call")
        Report.columns("stock", "berth", "goal")
        let (stockPrivate, berthPrivate) = (stock.memory.map(\.priv), berth.memory.map(\.priv))
        amounts("private, the median shim", middle(stockPrivate), middle(berthPrivate), goal: 512)
        amounts("private, the largest shim", stockPrivate.max() ?? 0, berthPrivate.max() ?? 0, goal: 512)
        amounts("proportional, one container more", marginal(stock), marginal(berth), goal: 1024)
        counts("processes", stock.shims.count, berth.shims.count)
        counts("threads", stock.threads, berth.threads, goal: berth.shims.count)
        counts("context switches", stock.switches, berth.switches, goal: 0)
    }

    private func middle(_ amounts: [Int]) -> Int {
        amounts.isEmpty ? 0 : amounts.sorted()[amounts.count / 2]
    }

    private func amounts(_ name: String, _ stock: Int, _ berth: Int, goal: Int) {
        let verdict = "\(goal) KiB " + Report.verdict(berth <= goal)
        Report.row(name, [Report.kibibytes(stock), Report.kibibytes(berth), verdict])
    }

    private func counts(_ name: String, _ stock: Int, _ berth: Int, goal: Int? = nil) {
        let verdict = goal.map { "\($0) " + Report.verdict(berth <= $0) } ?? ""
        Report.row(name, ["\(stock)", "\(berth)", verdict])
    }
}
