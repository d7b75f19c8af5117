import Client
import Foundation
import Model
import TestKit
import Testing

/// Shims that stand still, as under a debugger or a frozen cgroup: alive, and deaf.
@Suite(.needsRoot, .serialized, .timeLimit(.minutes(5))) struct StoppedShimTests {
    @Test func `a stopped shim costs its own container's calls, and no exit`() async throws {
        try await withSurvivor { tenant, image async throws in
            let watch = try EventWatch(of: tenant)
            let pid = try await tenant.runDetached("c1", image, OutlivingTests.untilTold)
            try await watch.begins(tenant)
            let shims = Set(tenant.shims)
            let other = try await tenant.runDetached("c2", image, ["sleep", "1000"])
            for shim in shims { kill(shim, SIGSTOP) }
            defer { for shim in shims { kill(shim, SIGCONT) } }

            // The list tells what was known last of the one, and the truth of the other.
            let running: [String: Tenant.TaskLine] = [
                "c1": .init(pid: pid, status: "RUNNING"), "c2": .init(pid: other, status: "RUNNING"),
            ]
            #expect(try await tenant.tasks() == running)
            #expect(try await tenant.ctr("t", "exec", "--exec-id", "e1", "c2", "echo", "alive").output == "alive\n")
            let refused = try await tenant.ctr("t", "kill", "-s", "WINCH", "c1")
            #expect(refused.status != 0)
            #expect(refused.errors.contains(#"shim of task "c1": no answer to"#), "\(refused.errors)")
            #expect(refused.errors.contains("in time"), "\(refused.errors)")

            kill(pid, SIGTERM)
            #expect(try await tenant.tasks() == running)
            for shim in shims { kill(shim, SIGCONT) }
            try await expectEventually { try await tenant.tasks()["c1"]?.status == "STOPPED" }
            #expect(try await tenant.wait("c1") == 5)
            try await expectEventually { watch.exits(of: "c1").count == 1 }
            #expect(watch.exits(of: "c1") == [.exit("c1", status: 5)])
            #expect(try await tenant.tasks()["c2"]?.status == "RUNNING")
        }
    }

    @Test func `a supervisor that finds a stopped shim serves the others, and that one once it goes on`() async throws {
        try await withSurvivor { tenant, image async throws in
            let pid = try await tenant.runDetached("c1", image, ["sleep", "1000"])
            let shims = Set(tenant.shims)
            let other = try await tenant.runDetached("c2", image, ["sleep", "1000"])
            for shim in shims { kill(shim, SIGSTOP) }
            defer { for shim in shims { kill(shim, SIGCONT) } }
            try await tenant.berthd.kill()
            try await tenant.berthd.revive()
            try await expectEventually {
                try await tenant.tasks()["c2"] == .init(pid: other, status: "RUNNING")
            }
            for shim in shims { kill(shim, SIGCONT) }
            try await expectEventually {
                try await tenant.tasks()["c1"] == .init(pid: pid, status: "RUNNING")
            }
            #expect(try await tenant.ctr("t", "exec", "--exec-id", "e1", "c1", "echo", "alive").output == "alive\n")
        }
    }
}
