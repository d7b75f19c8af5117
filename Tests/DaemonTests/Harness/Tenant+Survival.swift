import Client
import Foundation
import Model
import Testing

/// Gives `body` a namespace of a running berthd and a good image; expects that nothing is left once all that `body`
/// made and did not remove has been removed.
func withSurvivor(_ body: (Tenant, String) async throws -> Void) async throws {
    try await withTenant { tenant async throws in
        let image = try await tenant.image()
        let before = try await Leftovers(of: tenant)
        try await body(tenant, image)
        try await tenant.clear(.ctr)
        try await before.expectNone()
    }
}

extension Tenant {
    struct TaskLine: Equatable {
        var pid: Int32
        var status: String
    }

    /// What the stock client lists.
    func tasks() async throws -> [String: TaskLine] {
        let list = try await ctr("t", "ls")
        guard list.status == 0 else { throw ToolRun.Fault.failed(list.errors) }
        return list.rows.dropFirst().reduce(into: [:]) { tasks, row in
            guard row.count == 3 else { return }
            tasks[row[0]] = TaskLine(pid: Int32(row[1]) ?? 0, status: row[2])
        }
    }

    /// Runs `command` in the background. - Returns: its pid.
    @discardableResult
    func runDetached(_ id: String, _ image: String, _ command: [String]) async throws -> Int32 {
        let run = try await ctr(["run", "-d", image, id] + command)
        guard run.status == 0 else { throw ToolRun.Fault.failed(run.errors) }
        return try #require(try await tasks()[id]).pid
    }

    /// Gives `body` a connection of the test's own.
    func client<Result: Sendable>(_ body: (Client) async throws -> Result) async throws -> Result {
        try await Client.connected(to: berthd.address, namespace: namespace, body)
    }

    /// Makes a container whose command is a script, without a task.
    func createContainer(_ id: String, _ image: String, script: String) async throws {
        // The command's own options would be taken for the client's.
        let file = "\(directory)/\(id).sh"
        try Data(script.utf8).write(to: URL(fileURLWithPath: file))
        let creation = try await ctr(
            "c", "create", "--mount", "type=bind,src=\(file),dst=/script,options=rbind:ro", image, id, "sh", "/script")
        guard creation.status == 0 else { throw ToolRun.Fault.failed(creation.errors) }
    }

    /// Waits for a process's end. - Returns: its code.
    func wait(_ id: String, exec: String = "") async throws -> UInt32 {
        try await client { client in try await client.wait(id, exec: exec) }
    }

    /// What the list of tasks says of the codes they ended with; the stock client does not show it.
    func exitStatuses() async throws -> [UInt32] {
        try await client { client in try await client.listTasks() }.map(\.exitStatus)
    }

    /// Removes every container as a person would, and the leases of clients that were killed.
    func clear(_ tool: Tool) async throws {
        for id in try await ctr("c", "ls", "-q").lines { try await remove(tool, id) }
        for lease in try await ctr("leases", "ls", "-q").lines {
            #expect(try await ctr("leases", "rm", lease).status == 0)
        }
        removeFifos()
    }
}
