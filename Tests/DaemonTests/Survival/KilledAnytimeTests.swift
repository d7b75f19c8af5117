import Foundation
import TestKit
import Testing

/// Supervisors that are killed at any moment while clients make, start, enter and remove containers.
@Suite(.needsRoot, .serialized) struct KilledAnytimeTests {
    /// One client's life of a container, in the words that a person would use.
    private func churn(_ tenant: Tenant, _ tool: Tenant.Tool, _ id: String, _ image: String) throws -> RunningTool {
        let program = try tool.program()
        func line(_ verb: String, _ arguments: String...) -> String {
            ([program] + tenant.words(tool, verb, arguments)).joined(separator: " ")
        }
        let lines =
            switch tool {
            case .ctr:
                [
                    line("run", "-d", image, id, "sleep", "1000"), line("t", "exec", "--exec-id", "e", id, "true"),
                    line("t", "rm", "-f", id), line("c", "rm", id),
                ]
            case .berthctl:
                [
                    line("run", "-d", "--name", id, image, "sleep", "1000"), line("exec", id, "true"),
                    line("rm", "-f", id),
                ]
            }
        return try RunningTool("/bin/sh", ["-c", "while :; do \(lines.joined(separator: "; ")); done"])
    }

    /// `BERTH_SURVIVAL_ROUNDS` says how often, a few times when unset; `BERTH_SURVIVAL_SEED` repeats a run's moments.
    @Test func `after a kill at any moment the state is true, and all that was made can be removed`() async throws {
        let variables = ProcessInfo.processInfo.environment
        let rounds = variables["BERTH_SURVIVAL_ROUNDS"].flatMap { Int($0) } ?? 5
        let seed = variables["BERTH_SURVIVAL_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
        var generator = SeededGenerator(state: seed)
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let before = try await Leftovers(of: tenant)
            let bystander = try await tenant.runDetached("bystander", image, ["sleep", "1000"])
            let withBystander = try await Leftovers(of: tenant)
            for round in 1...max(1, rounds) {
                let clients = try Tenant.Tool.allCases.map { try churn(tenant, $0, "c-\($0)", image) }
                let moment = Int.random(in: 20...900, using: &generator)
                try await Task.sleep(for: .milliseconds(moment))
                try await tenant.berthd.kill()
                // A client that was let go on would try its next verb on the supervisor to come.
                for client in clients { client.signal(SIGKILL) }
                for client in clients { _ = try await client.ended() }
                try await tenant.berthd.revive()
                let told = "round \(round) of seed \(seed), killed after \(moment) ms"
                try await expectTrueState(tenant, bystander, told)
                try await tenant.clearAll(but: "bystander", told)
                try await withBystander.expectNone()
                print("survival: \(told)")
            }
            try await tenant.remove(.ctr, "bystander")
            try await before.expectNone()
        }
    }

    private func expectTrueState(_ tenant: Tenant, _ bystander: Int32, _ told: String) async throws {
        let tasks = try await tenant.tasks()
        #expect(tasks["bystander"] == .init(pid: bystander, status: "RUNNING"), "\(told)")
        for (id, task) in tasks {
            switch task.status {
            case "RUNNING", "CREATED": #expect(kill(task.pid, 0) == 0, "\(told): \(id)")
            case "STOPPED": break
            default: Issue.record("\(told): \(id) is \(task.status)")
            }
        }
    }
}

extension Tenant {
    /// Removes every container but one, and what killed clients had for themselves.
    fileprivate func clearAll(but kept: String, _ told: String) async throws {
        for id in try await ctr("c", "ls", "-q").lines where id != kept {
            let removal = try await berthctl("rm", "-f", id)
            #expect(removal.status == 0, "\(told): \(removal.errors)")
        }
        for lease in try await ctr("leases", "ls", "-q").lines {
            #expect(try await ctr("leases", "rm", lease).status == 0, "\(told)")
        }
        removeFifos()
    }
}
