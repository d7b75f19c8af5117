import Client
import Foundation
import Model
import TestKit
import Testing

/// What goes on while no supervisor runs, and what the next one says of it.
@Suite(.needsRoot, .serialized, .timeLimit(.minutes(3))) struct OutlivingTests {
    /// Ends with 5 when it is told to.
    static let untilTold = ["sh", "-c", "trap 'echo ended; exit 5' TERM; echo ready; while :; do sleep 0.05; done"]

    private func exec(_ arguments: [String]) -> [UInt8] {
        let words = arguments.map { "\"\($0)\"" }.joined(separator: ",")
        return Array(#"{"args":[\#(words)],"cwd":"/","env":["PATH=/bin"],"user":{"uid":0,"gid":0}}"#.utf8)
    }

    @Test func `a container and its streams outlive a killed supervisor`() async throws {
        try await withSurvivor { tenant, image async throws in
            let script = "while read line; do echo got $line; done; exit 7"
            try await tenant.createContainer("c1", image, script: script)
            let streams = try ContainerStreams(in: tenant.directory, "c1")
            let pid = try await tenant.client { client in
                let pid = try await client.createTask("c1", rootfs: [], io: streams.io)
                try await client.start("c1")
                return pid
            }
            streams.send("one")
            try await streams.expect("got one")
            try await tenant.berthd.kill()
            streams.send("two")
            try await streams.expect("got two")
            try await tenant.berthd.revive()
            streams.send("three")
            try await streams.expect("got three")
            #expect(try await tenant.tasks() == ["c1": .init(pid: Int32(pid), status: "RUNNING")])
            streams.closeInput()
            let status = try await tenant.client { client in
                try await client.closeInput("c1")
                return try await client.wait("c1")
            }
            #expect(status == 7)
        }
    }

    @Test func `output that nobody reads while no supervisor runs is all there afterwards`() async throws {
        try await withSurvivor { tenant, image async throws in
            let script = "read line; i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done"
            try await tenant.createContainer("c1", image, script: script)
            let streams = try ContainerStreams(in: tenant.directory, "c1")
            try await tenant.client { client in
                _ = try await client.createTask("c1", rootfs: [], io: streams.io)
                try await client.start("c1")
            }
            try await tenant.berthd.kill()
            streams.send("go")
            try await streams.expect("0")
            try await tenant.berthd.revive()
            for number in 1..<20000 { try await streams.expect("\(number)") }
        }
    }

    @Test func `a container that ends while no supervisor runs: its code is known, its exit told once`() async throws {
        try await withSurvivor { tenant, image async throws in
            let pid = try await tenant.runDetached("c1", image, Self.untilTold)
            try await tenant.berthd.kill()
            try await end(pid)
            try await tenant.berthd.revive()
            let watch = try EventWatch(of: tenant)
            try await expectEventually { try await tenant.tasks()["c1"]?.status == "STOPPED" }
            #expect(try await tenant.wait("c1") == 5)
            #expect(try await tenant.exitStatuses() == [5])
            try await expectEventually { watch.exits(of: "c1").count == 1 }
            // Nothing of what comes later tells of it again: another life, another subscriber, the removal.
            try await tenant.berthd.restart()
            let later = try EventWatch(of: tenant)
            #expect(try await tenant.wait("c1") == 5)
            let removal = try await tenant.ctr("t", "rm", "c1")
            #expect(removal.errors.contains("non-zero exit code 5"), "\(removal.errors)")
            try await expectEventually { later.events.contains { $0.topic == "/tasks/delete" } }
            #expect(watch.exits(of: "c1") == [.exit("c1", status: 5)])
            // A shim whose delivery the kill cut off delivers again; what it says must be the same.
            #expect(later.exits(of: "c1").allSatisfy { $0 == .exit("c1", status: 5) })
        }
    }

    @Test func `a further process that ends while no supervisor runs: its code is known, its exit told once`()
        async throws
    {
        try await withSurvivor { tenant, image async throws in
            try await tenant.runDetached("c1", image, ["sleep", "1000"])
            let streams = try ContainerStreams(in: tenant.directory, "e1")
            let process = exec(Self.untilTold)
            let pid = try await tenant.client { client in
                try await client.exec("c1", exec: "e1", process: process, io: streams.io)
                return try await client.start("c1", exec: "e1")
            }
            try await streams.expect("ready")
            try await tenant.berthd.kill()
            try await end(Int32(pid))
            try await tenant.berthd.revive()
            let watch = try EventWatch(of: tenant)
            #expect(try await tenant.wait("c1", exec: "e1") == 5)
            let deleted = try await tenant.client { client in try await client.deleteProcess("c1", exec: "e1") }
            #expect(deleted == 5)
            #expect(try await tenant.tasks()["c1"]?.status == "RUNNING")
            try await tenant.remove(.ctr, "c1")
            try await expectEventually { watch.events.contains { $0.topic == "/tasks/delete" } }
            #expect(watch.exits(of: "c1") == [.exit("c1", process: "e1", status: 5), .exit("c1", status: 137)])
        }
    }

    @Test(arguments: Tenant.Tool.allCases)
    func `a container that outlived its supervisor is stopped and removed as any other`(tool: Tenant.Tool) async throws
    {
        try await withSurvivor { tenant, image async throws in
            try await tenant.runDetached("c1", image, ["sleep", "1000"])
            try await tenant.berthd.restart()
            #expect(try await tenant.ctr("t", "exec", "--exec-id", "e1", "c1", "echo", "alive").output == "alive\n")
            try await tenant.remove(tool, "c1")
        }
    }

    /// What an attached client prints, and how it ends, when its container or process ends with 5 as it is told to.
    private func expectAttached(
        _ tenant: Tenant, _ client: RunningTool, _ pid: () async throws -> Int32, endsWhileDown: Bool
    ) async throws {
        try await expectEventually { client.outputSoFar == "ready\n" }
        let process = try await pid()
        try await tenant.berthd.kill()
        if endsWhileDown { try await end(process) }
        try await tenant.berthd.revive()
        if !endsWhileDown { try await end(process) }
        let run = try await client.ended()
        #expect(run.status == 5, "\(run.errors)")
        #expect(run.output == "ready\nended\n")
    }

    @Test(arguments: [false, true])
    func `berthctl run goes on with its container after its supervisor was killed`(endsWhileDown: Bool) async throws {
        try await withSurvivor { tenant, image async throws in
            let words = ["--rm", "--name", "c1", image] + Self.untilTold
            let client = try RunningTool(
                try Tenant.Tool.berthctl.program(), tenant.words(.berthctl, "run", words))
            try await expectAttached(
                tenant, client, { try #require(try await tenant.tasks()["c1"]).pid }, endsWhileDown: endsWhileDown)
            #expect(try await tenant.ctr("c", "ls", "-q").lines == [])
        }
    }

    @Test(arguments: [false, true])
    func `berthctl exec goes on with its process after its supervisor was killed`(endsWhileDown: Bool) async throws {
        try await withSurvivor { tenant, image async throws in
            let pid = try await tenant.runDetached("c1", image, ["sleep", "1000"])
            let client = try RunningTool(
                try Tenant.Tool.berthctl.program(), tenant.words(.berthctl, "exec", ["c1"] + Self.untilTold))
            try await expectAttached(
                tenant, client,
                {
                    let rows = try await tenant.ctr("t", "ps", "c1").rows.dropFirst()
                    // The process's own children come and go.
                    return try #require(rows.compactMap { Int32($0[0]) }.filter { $0 != pid }.min())
                }, endsWhileDown: endsWhileDown)
            #expect(try await tenant.tasks() == ["c1": .init(pid: pid, status: "RUNNING")])
        }
    }

    private func end(_ pid: Int32) async throws {
        Glibc.kill(pid, SIGTERM)
        try await expectEventually { Glibc.kill(pid, 0) != 0 }
    }
}
