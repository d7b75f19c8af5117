import Client
import Foundation
import Model
import TestKit
import Testing

/// Shims that are killed: what they held is ended and taken away, and the task says so.
@Suite(.needsRoot, .serialized, .timeLimit(.minutes(3))) struct KilledShimTests {
    private func expectStopped(_ pid: Int32, _ tenant: Tenant) async throws {
        try await expectEventually { try await tenant.tasks()["c1"]?.status == "STOPPED" }
        try await expectEventually { kill(pid, 0) != 0 }
        #expect(try await tenant.wait("c1") == 137)
        #expect(try await tenant.exitStatuses() == [137])
    }

    @Test(arguments: Tenant.Tool.allCases)
    func `a killed shim is noticed: its processes end, the task is stopped, the exit is told once`(tool: Tenant.Tool)
        async throws
    {
        try await withSurvivor { tenant, image async throws in
            let watch = try EventWatch(of: tenant)
            let pid = try await tenant.runDetached("c1", image, ["sleep", "1000"])
            try await watch.begins(tenant)
            for shim in tenant.shims { kill(shim, SIGKILL) }
            try await expectStopped(pid, tenant)
            try await tenant.remove(tool, "c1")
            try await expectEventually { watch.events.contains { $0.topic == "/containers/delete" } }
            #expect(watch.exits(of: "c1") == [.exit("c1", status: 137)])
        }
    }

    @Test(arguments: Tenant.Tool.allCases)
    func `a shim that is killed with its supervisor is noticed by the next one`(tool: Tenant.Tool) async throws {
        try await withSurvivor { tenant, image async throws in
            let pid = try await tenant.runDetached("c1", image, ["sleep", "1000"])
            let shims = tenant.shims
            tenant.berthd.signal(SIGKILL)
            for shim in shims { kill(shim, SIGKILL) }
            try await tenant.berthd.died()
            try await tenant.berthd.revive()
            let watch = try EventWatch(of: tenant)
            try await expectStopped(pid, tenant)
            try await expectEventually { watch.exits(of: "c1").count == 1 }
            try await tenant.remove(tool, "c1")
            try await expectEventually { watch.events.contains { $0.topic == "/containers/delete" } }
            #expect(watch.exits(of: "c1") == [.exit("c1", status: 137)])
        }
    }

    @Test(arguments: ["after-cleanup", "after-record"])
    func `a supervisor that is killed while it clears away after a shim hands that on`(point: String) async throws {
        try await withSurvivor { tenant, image async throws in
            try await tenant.berthd.restart(toDieAt: "tasks.death." + point)
            let pid = try await tenant.runDetached("c1", image, ["sleep", "1000"])
            for shim in tenant.shims { kill(shim, SIGKILL) }
            try await tenant.berthd.died()
            try await tenant.berthd.revive()
            try await expectStopped(pid, tenant)
        }
    }

    @Test func `a clean-up that is killed, as the shim was, is made good`() async throws {
        try await withSurvivor { tenant, image async throws in
            let program = "\(tenant.directory)/containerd-shim-hunted-v1"
            let script = """
                #!/bin/sh
                for last; do :; done
                if [ "$last" = delete ] && mkdir \(tenant.directory)/hunted; then kill -KILL $$; fi
                exec \(try Berthd.program("containerd-shim-berth-v1")) "$@"
                """
            try Data(script.utf8).write(to: URL(fileURLWithPath: program))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            let run = try await tenant.ctr("run", "-d", "--runtime", program, image, "c1", "sleep", "1000")
            #expect(run.status == 0, "\(run.errors)")
            let pid = try #require(try await tenant.tasks()["c1"]).pid
            for shim in tenant.shims { kill(shim, SIGKILL) }
            try await expectStopped(pid, tenant)
            #expect(FileManager.default.fileExists(atPath: "\(tenant.directory)/hunted"))
            #expect(Leftovers.cgroups(of: tenant.namespace) == [])
        }
    }

    @Test func `a killed shim of one container is nothing to another`() async throws {
        try await withSurvivor { tenant, image async throws in
            try await tenant.runDetached("c1", image, ["sleep", "1000"])
            let shims = Set(tenant.shims)
            let other = try await tenant.runDetached("c2", image, ["sleep", "1000"])
            for shim in shims { kill(shim, SIGKILL) }
            try await expectEventually { try await tenant.tasks()["c1"]?.status == "STOPPED" }
            #expect(try await tenant.tasks()["c2"] == .init(pid: other, status: "RUNNING"))
            #expect(try await tenant.ctr("t", "exec", "--exec-id", "e1", "c2", "echo", "alive").output == "alive\n")
        }
    }
}
