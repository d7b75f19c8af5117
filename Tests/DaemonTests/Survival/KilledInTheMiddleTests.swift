import Foundation
import TestKit
import Testing

/// Supervisors that are killed at a line of create, start, exec or delete. After the restart the state is a true one,
/// and when the client's containers and leases are removed, nothing is left.
@Suite(.needsRoot, .serialized, .timeLimit(.minutes(3))) struct KilledInTheMiddleTests {
    /// Where in `run` the supervisor dies.
    enum CreationPoint: String, CaseIterable, CustomTestStringConvertible {
        case snapshotDirectory = "snapshots.create.after-directory"
        case snapshot = "snapshots.create.after-record"
        case container = "containers.create.after-record"
        case bundle = "tasks.create.after-bundle"
        case socket = "tasks.create.after-socket"
        case shim = "tasks.create.after-spawn"
        case call = "tasks.create.after-call"
        case record = "tasks.create.after-record"
        case start = "tasks.start.after-call"

        var testDescription: String { rawValue }

        /// How the task then is; nil where there must be none.
        var status: String? {
            switch self {
            case .record: "CREATED"
            case .start: "RUNNING"
            default: nil
            }
        }
    }

    /// Lets `client` run into the supervisor's death, and starts that again.
    private func die(_ tenant: Tenant, at point: String, _ client: (Tenant) throws -> RunningTool) async throws {
        try await tenant.berthd.restart(toDieAt: point)
        let client = try client(tenant)
        try await tenant.berthd.died()
        client.signal(SIGKILL)
        _ = try await client.ended()
        try await tenant.berthd.revive()
    }

    @Test(arguments: Tenant.Tool.allCases, CreationPoint.allCases)
    func `a supervisor killed while a container is made and started`(tool: Tenant.Tool, point: CreationPoint)
        async throws
    {
        try await withSurvivor { tenant, image async throws in
            try await tenant.runDetached("bystander", image, ["sleep", "1000"])
            let bystander = try await tenant.tasks()
            let before = try await Leftovers(of: tenant)
            try await die(tenant, at: point.rawValue) { try $0.running(tool, "c1", image, "sleep", "1000") }
            var expected = bystander
            if let status = point.status {
                let task = try #require(try await tenant.tasks()["c1"])
                expected["c1"] = .init(pid: task.pid, status: status)
                #expect(kill(task.pid, 0) == 0)
            }
            #expect(try await tenant.tasks() == expected)
            if point.status == nil {
                // No task: of the kinds that belong to one nothing is left, whoever removes what.
                try await before.expectNone(
                    but: ["container c1", "snapshot c1"], kinds: ["snapshot directory", "fifo directory", "lease"])
            }
            if try await tenant.ctr("c", "ls", "-q").lines.contains("c1") { try await tenant.remove(tool, "c1") }
            for lease in try await tenant.ctr("leases", "ls", "-q").lines {
                #expect(try await tenant.ctr("leases", "rm", lease).status == 0)
            }
            tenant.removeFifos()
            try await before.expectNone()
            #expect(try await tenant.tasks() == bystander)
        }
    }

    @Test(arguments: Tenant.Tool.allCases, ["after-call", "after-start", "after-delete"])
    func `a supervisor killed while a further process is run in a container`(tool: Tenant.Tool, point: String)
        async throws
    {
        try await withSurvivor { tenant, image async throws in
            let pid = try await tenant.runDetached("c1", image, ["sleep", "1000"])
            let before = try await Leftovers(of: tenant)
            try await die(tenant, at: "tasks.exec." + point) { try $0.execution(tool, "e1", in: "c1", "echo", "hello") }
            #expect(try await tenant.tasks() == ["c1": .init(pid: pid, status: "RUNNING")])
            let second = try await tenant.execution(tool, "e2", in: "c1", "echo", "again").ended()
            #expect(second.status == 0 && second.output == "again\n", "\(second.errors)")
            tenant.removeFifos()
            try await before.expectNone()
        }
    }

    @Test(
        arguments: Tenant.Tool.allCases,
        [
            "tasks.delete.after-call", "tasks.delete.after-shutdown", "tasks.delete.after-bundle",
            "snapshots.remove.after-record",
        ])
    func `a supervisor killed while a container is removed`(tool: Tenant.Tool, point: String) async throws {
        try await withSurvivor { tenant, image async throws in
            try await tenant.runDetached("c1", image, ["true"])
            try await expectEventually { try await tenant.tasks()["c1"]?.status == "STOPPED" }
            try await die(tenant, at: point) { try $0.removal(tool, "c1") }
            #expect(try await tenant.tasks().values.allSatisfy { $0.status == "STOPPED" })
            // It can be asked for again, and comes to its end.
            try await tenant.clear(tool)
            #expect(try await tenant.tasks() == [:])
        }
    }

    @Test(arguments: Tenant.Tool.allCases)
    func `a supervisor killed once it has taken note of an exit`(tool: Tenant.Tool) async throws {
        try await withSurvivor { tenant, image async throws in
            try await die(tenant, at: "tasks.exit.after-record") {
                try $0.running(tool, "c1", image, "sh", "-c", "exit 3")
            }
            let watch = try EventWatch(of: tenant)
            #expect(try await tenant.tasks()["c1"]?.status == "STOPPED")
            let removal = try await tenant.ctr("t", "rm", "c1")
            #expect(removal.errors.contains("non-zero exit code 3"), "\(removal.errors)")
            try await expectEventually { watch.events.contains { $0.topic == "/tasks/delete" } }
            #expect(watch.exits(of: "c1") == [])
            try await tenant.clear(tool)
        }
    }
}

extension Tenant {
    /// Runs `command` in a container that runs, attached.
    func execution(_ tool: Tool, _ exec: String, in id: String, _ command: String...) throws -> RunningTool {
        let words =
            switch tool {
            case .ctr: self.words(tool, "t", ["exec", "--fifo-dir", Self.fifos(in: directory), "--exec-id", exec, id])
            case .berthctl: self.words(tool, "exec", [id])
            }
        return try RunningTool(try tool.program(), words + command)
    }

    /// Removes a container that has ended: its task, then the rest.
    func removal(_ tool: Tool, _ id: String) throws -> RunningTool {
        switch tool {
        case .berthctl: return try RunningTool(try tool.program(), words(tool, "rm", [id]))
        case .ctr:
            let ctr = "/usr/bin/ctr --address \(berthd.address) -n \(namespace)"
            return try RunningTool("/bin/sh", ["-c", "\(ctr) t rm \(id) && \(ctr) c rm \(id)"])
        }
    }
}
