internal import Client

/// What shims of running containers hold, and what the supervisors do.
struct MemoryPart: Sendable {
    let stock: Contender
    let berth: Contender
    let namespace: String
    let image: ResolvedImage
    let containers: Int

    private struct Finding {
        var idle = 0
        var busy = 0
        var proportional = 0
        var priv: [Int] = []
    }

    func run() async throws {
        let stock = try await measure(stock)
        let berth = try await measure(berth)
        Report.heading("Memory, with \(containers) containers that sleep")
        Report.columns("stock", "berth", "ratio", "goal")
        row("supervisor, idle: resident", stock.idle, berth.idle, goal: 30 << 10)
        row("supervisor, with them: resident", stock.busy, berth.busy)
        row("all shims: proportional (PSS)", stock.proportional, berth.proportional)
        row("all shims: private", stock.priv.reduce(0, +), berth.priv.reduce(0, +))
        row("the largest shim: private", stock.priv.max() ?? 0, berth.priv.max() ?? 0, goal: 1 << 10)
    }

    private func measure(_ contender: Contender) async throws -> Finding {
        var finding = Finding()
        finding.idle = try ProcessMemory(pid: contender.pid).resident
        var shims = Set<Int32>()
        try await each(contender) { life, id in
            let started = try await life.start(id, ["sleep", "3600"])
            shims.insert(try ProcessMemory.parent(of: started.pid))
        }
        for shim in shims {
            let memory = try ProcessMemory(pid: shim)
            finding.proportional += memory.proportional
            finding.priv.append(memory.priv)
        }
        finding.busy = try ProcessMemory(pid: contender.pid).resident
        try await each(contender) { life, id in try await life.end(id) }
        return finding
    }

    private func each(_ contender: Contender, _ body: (ContainerLife, String) async throws -> Void) async throws {
        let step = ContainerLife.perConnection
        for first in stride(from: 0, to: containers, by: step) {
            try await ContainerLife.connected(to: contender, namespace: namespace, image: image) { life in
                for number in first..<min(first + step, containers) { try await body(life, "memory-\(number)") }
            }
        }
    }

    private func row(_ name: String, _ stock: Int, _ berth: Int, goal: Int? = nil) {
        let verdict = goal.map { "\($0) KiB " + (berth <= $0 ? "met" : "missed") } ?? ""
        let ratio = "1/" + Report.decimal(Double(stock) / Double(berth))
        Report.row(name, [Report.kibibytes(stock), Report.kibibytes(berth), ratio, verdict])
    }
}
