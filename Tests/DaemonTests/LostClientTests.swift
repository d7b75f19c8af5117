import Foundation
import TestKit
import Testing

/// Clients that are killed in the middle of their work. What they had told the supervisor to make stays and can be
/// removed, as with containerd; nothing half-made stays.
@Suite(.needsRoot, .serialized) struct LostClientTests {
    /// Where in a container's creation its client dies. The supervisor pauses there.
    enum Moment: String, CaseIterable, CustomTestStringConvertible {
        case bundle = "tasks.create.after-bundle"
        case shim = "tasks.create.after-spawn"
        case container = "tasks.create.after-call"
        case record = "tasks.create.after-record"

        var testDescription: String { rawValue }

        func hasCome(_ tenant: Tenant) -> Bool {
            let bundle = tenant.bundle("c1")
            let record = (try? String(contentsOfFile: bundle + "/task", encoding: .utf8)) ?? ""
            return switch self {
            case .bundle: !record.isEmpty
            case .shim: !tenant.shims.isEmpty
            case .container: FileManager.default.fileExists(atPath: bundle + "/runtime/c1/state.json")
            case .record: record.contains("phase created")
            }
        }
    }

    private func withImage(_ moment: Moment? = nil, _ body: (Tenant, String) async throws -> Void) async throws {
        let environment = moment.map { ["BERTH_FAILPOINTS": "\($0.rawValue)=delay:700"] } ?? [:]
        try await withTenant(environment: environment) { tenant async throws in
            try await body(tenant, try await tenant.image())
        }
    }

    private func kill(_ client: RunningTool) async throws {
        client.signal(SIGKILL)
        _ = try await client.ended()
    }

    /// The FIFOs that a killed berthctl could not remove.
    private func expectNoStreams(of client: RunningTool) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/berth/fifo")) ?? []
        #expect(names.filter { $0.hasPrefix("\(client.pid)-") } == [])
    }

    @Test func `a running container's possessions are all seen by what looks for leftovers`() async throws {
        try await withImage { tenant, image async throws in
            let before = try await Leftovers(of: tenant)
            let client = try tenant.running(.ctr, "c1", image, "sleep", "1000")
            try await expectEventually { try await tenant.ctr("t", "ls").rows.last?.last == "RUNNING" }
            let found = try await before.arrivals()
            for kind in [
                "process", "cgroup", "snapshot directory", "bundle", "shim socket", "fifo directory", "container",
                "task", "snapshot",
            ] {
                #expect(found.contains { $0.hasPrefix(kind + " ") }, "no \(kind)")
            }
            try await tenant.remove(.ctr, "c1")
            _ = try await client.ended()
            try await before.expectNone()
        }
    }

    /// Berth's own shim mounts where nobody else sees it; the stock one in the bundle.
    @Test func `a stock shim's mount and process are seen by what looks for leftovers`() async throws {
        try await withImage { tenant, image async throws in
            let before = try await Leftovers(of: tenant)
            let run = try await tenant.ctr("run", "-d", "--runc-binary", "/usr/sbin/runc", image, "c1", "sleep", "1000")
            #expect(run.status == 0, "\(run.errors)")
            let found = try await before.arrivals()
            #expect(found.contains("mount \(tenant.bundle("c1"))/rootfs"))
            #expect(found.contains { $0.hasPrefix("process ") })
            try await tenant.remove(.ctr, "c1")
            try await before.expectNone()
        }
    }

    @Test(arguments: Tenant.Tool.allCases, Moment.allCases)
    func `a client that is killed during create leaves what can be removed`(tool: Tenant.Tool, moment: Moment)
        async throws
    {
        try await withImage(moment) { tenant, image async throws in
            let before = try await Leftovers(of: tenant)
            let client = try tenant.running(tool, "c1", image, "sleep", "1000")
            try await expectEventually { moment.hasCome(tenant) }
            try await kill(client)
            // Nobody was told of the task: it goes by itself, whoever else looks.
            try await before.expectNone(
                but: [
                    "container c1", "snapshot c1", "fifo directory \(tenant.fifoDirectory ?? "")",
                ], kinds: ["snapshot directory"])
            try await tenant.remove(tool, "c1")
            tenant.removeFifos()
            try await before.expectNone()
        }
    }

    @Test(arguments: Tenant.Tool.allCases)
    func `a container can be removed while the creation that its killed client asked for goes on`(tool: Tenant.Tool)
        async throws
    {
        try await withImage(.shim) { tenant, image async throws in
            let before = try await Leftovers(of: tenant)
            let client = try tenant.running(tool, "c1", image, "sleep", "1000")
            try await expectEventually { Moment.shim.hasCome(tenant) }
            try await kill(client)
            try await tenant.remove(tool, "c1")
            tenant.removeFifos()
            try await before.expectNone()
        }
    }

    @Test(arguments: Tenant.Tool.allCases)
    func `a client that is killed during start leaves a container that can be removed`(tool: Tenant.Tool) async throws {
        try await withImage(.record) { tenant, image async throws in
            let before = try await Leftovers(of: tenant)
            let client = try tenant.running(tool, "c1", image, "sleep", "1000")
            try await expectEventually { Moment.record.hasCome(tenant) }
            let shim = try #require(tenant.shims.first)
            Glibc.kill(shim, SIGSTOP)
            try await expectEventually { try await tenant.ctr("t", "ls").rows.last?.first == "c1" }
            try await kill(client)
            Glibc.kill(shim, SIGCONT)
            try await tenant.remove(tool, "c1")
            tenant.removeFifos()
            try await before.expectNone()
        }
    }

    @Test(arguments: Tenant.Tool.allCases)
    func `a container outlives its client and can be removed`(tool: Tenant.Tool) async throws {
        try await withImage { tenant, image async throws in
            let before = try await Leftovers(of: tenant)
            let client = try tenant.running(tool, "c1", image, "sleep", "1000")
            try await expectEventually { try await tenant.ctr("t", "ls").rows.last?.last == "RUNNING" }
            try await kill(client)
            #expect(try await tenant.ctr("t", "exec", "--exec-id", "e1", "c1", "echo", "alive").output == "alive\n")
            #expect(try await tenant.ctr("t", "ls").rows.last?.last == "RUNNING")
            try await tenant.remove(tool, "c1")
            tenant.removeFifos()
            try await before.expectNone()
            expectNoStreams(of: client)
        }
    }

    @Test func `what a killed berthctl exec had for its streams goes with the next exec`() async throws {
        try await withImage { tenant, image async throws in
            try await tenant.runDetached("c1", image, ["sleep", "1000"])
            let client = try RunningTool(
                try Tenant.Tool.berthctl.program(), tenant.words(.berthctl, "exec", ["c1", "sleep", "1000"]))
            func streams() -> [String] {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/berth/fifo")) ?? []
                return names.filter { $0.hasPrefix("exec-\(client.pid)-") }
            }
            try await expectEventually { try await tenant.ctr("t", "ps", "c1").rows.count == 3 }
            let other = try await tenant.berthctl("exec", "c1", "echo", "one")
            #expect(other.output == "one\n" && streams().count == 1, "\(other.errors)")
            try await kill(client)
            #expect(streams().count == 1)
            let next = try await tenant.berthctl("exec", "c1", "echo", "two")
            #expect(next.output == "two\n" && streams() == [], "\(next.errors)")
            try await tenant.remove(.berthctl, "c1")
        }
    }

    // MARK: Import

    /// Starts an import whose archive stops arriving in the middle, and gives `body` the client.
    private func withStalledImport(
        _ tool: Tenant.Tool, _ verb: String, _ arguments: [String], _ tenant: Tenant,
        _ body: (RunningTool) async throws -> Void
    ) async throws {
        let image = try await ImageRecipe().write(in: tenant.directory)
        let pipe = tenant.directory + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        let words = ([try tool.program()] + tenant.words(tool, verb, arguments)).joined(separator: " ")
        let client = try RunningTool("/bin/sh", ["-c", "exec \(words) <\(pipe)"])
        let writer = open(pipe, O_WRONLY | O_CLOEXEC)
        try #require(writer >= 0)
        defer { close(writer) }
        let half = try Data(contentsOf: URL(fileURLWithPath: image.path)).prefix(image.size / 2)
        try FileHandle(fileDescriptor: writer, closeOnDealloc: false).write(contentsOf: half)
        try await body(client)
    }

    @Test func `an import whose client is killed leaves nothing`() async throws {
        try await withTenant { tenant async throws in
            let before = try await Leftovers(of: tenant)
            try await withStalledImport(.berthctl, "import", ["-q", "-"], tenant) { client async throws in
                try await kill(client)
            }
            try await before.expectNone()
        }
    }

    @Test func `what stock ctr wrote before it was killed goes with its lease`() async throws {
        try await withTenant { tenant async throws in
            let before = try await Leftovers(of: tenant)
            try await withStalledImport(.ctr, "images", ["import", "-"], tenant) { client async throws in
                try await expectEventually { try await tenant.ctr("content", "active").lines.count > 1 }
                try await kill(client)
            }
            let leases = try await tenant.ctr("leases", "ls", "-q").lines
            #expect(leases.count == 1)
            for lease in leases { #expect(try await tenant.ctr("leases", "rm", lease).status == 0) }
            try await before.expectNone()
        }
    }
}

extension Tenant {
    func bundle(_ id: String) -> String { "\(berthd.state)/io.containerd.runtime.v2.task/\(namespace)/\(id)" }

    /// Where a killed stock client had its streams; it alone would have removed it.
    var fifoDirectory: String? {
        (try? FileManager.default.contentsOfDirectory(atPath: Self.fifos(in: directory)))?.first
    }

    func removeFifos() {
        while let fifoDirectory {
            guard (try? FileManager.default.removeItem(atPath: Self.fifos(in: directory) + "/" + fifoDirectory)) != nil
            else { return }
        }
    }
}
