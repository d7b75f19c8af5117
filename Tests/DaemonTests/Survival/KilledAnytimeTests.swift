import Foundation
import TestKit
import Testing

/// Supervisors and shims that are killed at any moment while clients make, start, enter and remove containers.
@Suite(.needsRoot, .serialized) struct KilledAnytimeTests {
    /// Who is killed.
    enum Victim: String, CaseIterable {
        case supervisor
        /// Of one container, or a helper of one that is being made, entered or cleared away.
        case shim
        /// The supervisor with every shim but the bystander's.
        case all
        /// A shim that waits for a container, or the one that the others are copied from.
        case spare
    }

    /// Who is killed, and how long after which client has begun with what.
    private struct Blow: CustomStringConvertible {
        let victim: Victim
        let tool: Tenant.Tool
        let verb: Churn.Verb
        let milliseconds: Int

        /// The rounds go through every victim at every verb; the moment and the client are left to chance.
        init(round: Int, using generator: inout some RandomNumberGenerator) {
            let victims = Victim.allCases
            let verbs = Churn.Verb.allCases
            victim = victims[(round - 1) % victims.count]
            verb = verbs[(round - 1) / victims.count % verbs.count]
            tool = Bool.random(using: &generator) ? .ctr : .berthctl
            milliseconds = Int.random(in: 0...300, using: &generator)
        }

        var description: String { "\(victim) killed \(milliseconds) ms into a \(verb) by \(tool)" }
    }

    /// `BERTH_SURVIVAL_ROUNDS` says how often, once for each victim at each verb when unset; `BERTH_SURVIVAL_SEED`
    /// repeats a run's moments.
    @Test func `after a kill at any moment the state is true, and all that was made can be removed`() async throws {
        let variables = ProcessInfo.processInfo.environment
        let rounds = variables["BERTH_SURVIVAL_ROUNDS"].flatMap { Int($0) }
        let seed = variables["BERTH_SURVIVAL_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
        var generator = SeededGenerator(state: seed)
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let before = try await Leftovers(of: tenant)
            var scene = try await Scene(tenant, image)
            for round in 1...max(1, rounds ?? Victim.allCases.count * Churn.Verb.allCases.count) {
                let blow = Blow(round: round, using: &generator)
                let told = "round \(round) of seed \(seed): \(blow)"
                try await play(blow, in: &scene, &generator)
                try await scene.expectTrueState(told)
                try await scene.clear(told)
                print("survival: \(told)")
                fflush(nil)
            }
            try await tenant.remove(.ctr, Scene.bystander)
            try await before.expectNone(but: [scene.watch.process])
        }
    }

    private func play(
        _ blow: Blow, in scene: inout Scene, _ generator: inout some RandomNumberGenerator
    ) async throws {
        let tenant = scene.tenant
        let clients = try Tenant.Tool.allCases.map { ($0, try Churn(tenant, $0, image: scene.image)) }
        for (tool, client) in clients where tool == blow.tool { try await client.begins(blow.verb) }
        try await Task.sleep(for: .milliseconds(blow.milliseconds))
        let spares = tenant.berthd.spares
        switch blow.victim {
        case .supervisor, .all:
            let shims = tenant.shims.filter { $0 != scene.bystanderShim }
            tenant.berthd.signal(SIGKILL)
            if blow.victim == .all { for shim in shims { kill(shim, SIGKILL) } }
            try await tenant.berthd.died()
            for (_, client) in clients { try await client.kill() }
            // A spare is gone with its supervisor, or has become a container's shim.
            try await expectEventually { spares.allSatisfy { !Berthd.isSpare($0) } }
            try await scene.revive()
        case .shim, .spare:
            let candidates = blow.victim == .spare ? spares : tenant.shims.filter { $0 != scene.bystanderShim }
            if let victim = candidates.randomElement(using: &generator) { kill(victim, SIGKILL) }
            for (_, client) in clients { try await client.finish() }
        }
    }
}

/// A container that must not notice, and what is seen of the others.
private struct Scene {
    static let bystander = "bystander"

    let tenant: Tenant
    let image: String
    let bystanderShim: Int32
    private let bystander: Int32
    private let before: Leftovers
    /// Sees the events of the supervisor's present life, from before anybody was killed in it.
    private(set) var watch: EventWatch

    init(_ tenant: Tenant, _ image: String) async throws {
        self.tenant = tenant
        self.image = image
        bystander = try await tenant.runDetached(Self.bystander, image, ["sleep", "1000"])
        bystanderShim = try #require(tenant.shims.first)
        before = try await Leftovers(of: tenant)
        watch = try EventWatch(of: tenant)
        try await watch.begins(tenant)
    }

    /// Starts the supervisor again, which tells nothing twice in its new life either.
    mutating func revive() async throws {
        try await tenant.berthd.revive()
        watch = try EventWatch(of: tenant)
        try await watch.begins(tenant)
    }

    /// Expects the bystander to run and to be entered, and every other task to be what it is said to be.
    func expectTrueState(_ told: String) async throws {
        var lies: [String] = []
        let isTrue = try await eventually {
            lies = try await tenant.tasks().filter { id, task in
                switch task.status {
                case "RUNNING", "CREATED": kill(task.pid, 0) != 0
                case "STOPPED": false
                default: true
                }
            }.map { "\($0) is said to be \($1.status)" }
            return lies.isEmpty
        }
        try #require(isTrue, "\(told): \(lies)")
        #expect(try await tenant.tasks()[Self.bystander] == .init(pid: bystander, status: "RUNNING"), "\(told)")
        let entry = try await tenant.ctr("t", "exec", "--exec-id", "e", Self.bystander, "echo", "well")
        try #require(entry.output == "well\n", "\(told): \(entry.errors)")
    }

    /// Removes all but the bystander, and what killed clients had for themselves; expects nothing to be left of them,
    /// and each exit to be told once.
    func clear(_ told: String) async throws {
        let alive = try await tenant.tasks().filter { $0.key != Self.bystander && $0.value.status != "STOPPED" }
        for id in try await tenant.ctr("c", "ls", "-q").lines where id != Self.bystander {
            let removal = try await tenant.berthctl("rm", "-f", id)
            try #require(removal.status == 0, "\(told): \(removal.errors)")
        }
        for lease in try await tenant.ctr("leases", "ls", "-q").lines {
            #expect(try await tenant.ctr("leases", "rm", lease).status == 0, "\(told)")
        }
        tenant.removeFifos()
        try await before.expectNone(but: [watch.process])
        // Named in the log of a run that ends here.
        let left = try await before.arrivals().subtracting([watch.process])
        try #require(left.isEmpty, "\(told): \(left)")
        try await expectEachExitOnce(Set(alive.map { EventWatch.Life(container: $0, pid: $1.pid) }), told)
    }

    private func expectEachExitOnce(_ alive: Set<EventWatch.Life>, _ told: String) async throws {
        var untold: Set<EventWatch.Life> = []
        let areTold = await eventually {
            let exits = watch.exitsOfProcesses
            let started = watch.startedInits.filter { $0.container != Self.bystander }
            untold = started.union(alive).filter { exits[$0] == nil }
            return untold.isEmpty
        }
        try #require(areTold, "\(told): no exit was told of \(untold)")
        let repeated = watch.exitsOfProcesses.filter { $0.value > 1 }
        try #require(repeated.isEmpty, "\(told): exits were told more than once: \(repeated)")
    }
}
