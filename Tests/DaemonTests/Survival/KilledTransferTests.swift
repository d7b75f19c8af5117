import Foundation
import TestKit
import Testing

/// Supervisors that are killed at a line of an image's import, pull or unpacking. After the restart nothing of it is
/// left, once the client's lease has gone where the client drives the transfer; every image from before is whole.
@Suite(.needsRoot, .serialized, .timeLimit(.minutes(3))) struct KilledTransferTests {
    /// Where stock clients come past too, which unpack by themselves.
    static let storePoints = [
        "content.commit.after-blob", "content.commit.after-record", "snapshots.create.after-directory",
        "snapshots.create.after-record", "snapshots.commit.after-sync", "snapshots.commit.after-record",
    ]
    static let points = storePoints + ["images.unpack.after-apply", "images.name.before"]

    private func die(_ tenant: Tenant, at point: String, _ tool: Tenant.Tool, _ words: [String]) async throws {
        try await tenant.berthd.restart(toDieAt: point)
        let client = try RunningTool(try tool.program(), words)
        try await tenant.berthd.died()
        client.signal(SIGKILL)
        _ = try await client.ended()
        try await tenant.berthd.revive()
    }

    /// Expects that nothing has come since `before`, that what was there is whole, and that a second try succeeds.
    private func expectClean(
        _ tenant: Tenant, _ before: Leftovers, good: String, again: () async throws -> ToolRun
    ) async throws {
        for lease in try await tenant.ctr("leases", "ls", "-q").lines {
            #expect(try await tenant.ctr("leases", "rm", lease).status == 0)
        }
        try await before.expectNone()
        let run = try await tenant.ctr("run", "--rm", good, "c1", "echo", "whole")
        #expect(run.output == "whole\n", "\(run.errors)")
        let second = try await again()
        #expect(second.status == 0, "\(second.errors)")
    }

    @Test(arguments: points)
    func `a supervisor killed in an import leaves nothing of it`(point: String) async throws {
        try await withTenant { tenant async throws in
            let good = try await tenant.image()
            let image = try await ImageRecipe(payload: 1 << 20).write(in: tenant.directory)
            let before = try await Leftovers(of: tenant)
            try await die(
                tenant, at: point, .berthctl, tenant.words(.berthctl, "import", ["-q", image.path]))
            #expect(try await tenant.ctr("leases", "ls", "-q").lines == [])
            try await expectClean(tenant, before, good: good) { try await tenant.berthctl("import", "-q", image.path) }
        }
    }

    @Test(arguments: storePoints)
    func `a supervisor killed in a stock client's import leaves nothing but its lease`(point: String) async throws {
        try await withTenant { tenant async throws in
            let good = try await tenant.image()
            let image = try await ImageRecipe(payload: 1 << 20).write(in: tenant.directory)
            let before = try await Leftovers(of: tenant)
            try await die(
                tenant, at: point, .ctr, tenant.words(.ctr, "images", ["import", image.path]))
            // The stock client names the image first and unpacks it then.
            _ = try await tenant.ctr("images", "rm", image.name)
            try await expectClean(tenant, before, good: good) { try await tenant.ctr("images", "import", image.path) }
        }
    }

    @Test(arguments: Tenant.Tool.allCases, points)
    func `a supervisor killed in a pull leaves nothing of it`(tool: Tenant.Tool, point: String) async throws {
        guard tool == .berthctl || Self.storePoints.contains(point) else { return }
        try await withTenant { tenant async throws in
            let registry = try await ImageRegistry(in: tenant.directory)
            let good = try await tenant.image()
            let name = registry.host + "/tests/payload:1"
            let image = try await tenant.image(ImageRecipe(payload: 1 << 20))
            for arguments in [
                ["images", "tag", image, name], ["images", "push", "--plain-http", name],
                ["images", "rm", "--sync", image, name],
            ] {
                let run = try await tenant.ctr(arguments)
                #expect(run.status == 0, "\(run.errors)")
            }
            let pull =
                switch tool {
                case .ctr: tenant.words(.ctr, "images", ["pull", "--plain-http", name])
                case .berthctl: tenant.words(.berthctl, "pull", ["-q", "--plain-http", name])
                }
            let before = try await Leftovers(of: tenant)
            try await die(tenant, at: point, tool, pull)
            _ = try await tenant.ctr("images", "rm", name)
            try await expectClean(tenant, before, good: good) { try await ToolRun.run(try tool.program(), pull) }
            withExtendedLifetime(registry) {}
        }
    }
}
