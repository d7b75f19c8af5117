import Foundation
import TestKit
import Testing

/// The stock `ctr` of Debian's containerd against a real berthd: what it prints is what it prints against containerd.
@Suite(.needsRoot, .serialized) struct StockClientTests {
    /// Which shim serves: Berth's own, or Debian's, which a client gets by naming a runtime binary.
    enum Shim: String, CaseIterable, CustomTestStringConvertible {
        case berth
        case stock

        var testDescription: String { rawValue }
        var options: [String] {
            switch self {
            case .berth: []
            case .stock: ["--runc-binary", "/usr/sbin/runc"]
            }
        }
    }

    private func withImage(_ body: (Berthd, TestImage) async throws -> Void) async throws {
        try await withBerthd("stock") { berthd async throws in
            let image = try await TestImage(in: berthd.directory)
            let run = try await berthd.ctr("images", "import", image.path)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output == "unpacking \(TestImage.name) (\(image.manifest))...done\n")
            try await body(berthd, image)
        }
    }

    private func run(_ berthd: Berthd, _ shim: Shim, _ options: [String], _ id: String, _ command: String...)
        async throws -> ToolRun
    {
        try await berthd.ctr(["run"] + options + shim.options + [TestImage.name, id] + command)
    }

    // MARK: Images

    @Test func `an imported image is listed with its size and platform`() async throws {
        try await withImage { berthd, image async throws in
            let rows = try await berthd.ctr("images", "ls").rows
            try #require(rows.count == 2)
            #expect(rows[0] == ["REF", "TYPE", "DIGEST", "SIZE", "PLATFORMS", "LABELS"])
            #expect(rows[1][0] == TestImage.name)
            #expect(rows[1][1] == "application/vnd.oci.image.manifest.v1+json")
            #expect(rows[1][2] == image.manifest)
            #expect(rows[1].suffix(2) == ["linux/\(TestImage.architecture)", "-"])
        }
    }

    @Test func `the content of an image is listed with what refers to what`() async throws {
        try await withImage { berthd, image async throws in
            let rows = try await berthd.ctr("content", "ls").rows
            #expect(rows.first == ["DIGEST", "SIZE", "AGE", "LABELS"])
            let manifest = try #require(rows.first { $0[0] == image.manifest })
            for (number, layer) in image.layers.enumerated() {
                #expect(rows.contains { $0[0] == layer })
                #expect(manifest.last?.contains("containerd.io/gc.ref.content.l.\(number)=\(layer)") == true)
            }
        }
    }

    @Test func `an image's layers are unpacked as a chain of committed snapshots`() async throws {
        try await withImage { berthd, image async throws in
            let rows = try await berthd.ctr("snapshots", "ls").rows
            #expect(rows.first == ["KEY", "PARENT", "KIND"])
            #expect(rows.dropFirst().count == image.layers.count)
            #expect(rows.dropFirst().allSatisfy { $0.last == "Committed" })
            let base = try #require(rows.dropFirst().first { $0.count == 2 })
            #expect(rows.dropFirst().contains { $0.count == 3 && $0[1] == base[0] })
        }
    }

    @Test func `an exported image imports again elsewhere as the same`() async throws {
        try await withImage { berthd, image async throws in
            let archive = berthd.directory + "/exported.tar"
            #expect(try await berthd.ctr("images", "export", archive, TestImage.name).status == 0)
            let names = try await ToolRun.output("/usr/bin/tar", ["-tf", archive]).split(separator: "\n")
            for name in ["oci-layout", "index.json", "manifest.json"] { #expect(names.contains(Substring(name))) }
            let again = try await berthd.ctr("-n", "other", "images", "import", archive)
            #expect(again.output == "unpacking \(TestImage.name) (\(image.manifest))...done\n")
        }
    }

    @Test func `removing an image frees its content and its snapshots`() async throws {
        try await withImage { berthd, _ async throws in
            #expect(try await berthd.ctr("images", "rm", "--sync", TestImage.name).output == TestImage.name + "\n")
            #expect(try await berthd.ctr("images", "ls", "-q").output == "")
            #expect(try await berthd.ctr("content", "ls", "-q").output == "")
            #expect(try await berthd.ctr("snapshots", "ls").lines.count == 1)
        }
    }

    @Test func `removing an image frees everything soon without being asked to wait`() async throws {
        try await withImage { berthd, _ async throws in
            #expect(try await berthd.ctr("images", "rm", TestImage.name).status == 0)
            try await expectEventually { try await berthd.ctr("content", "ls", "-q").output == "" }
            try await expectEventually { try await berthd.ctr("snapshots", "ls").lines.count == 1 }
        }
    }

    // MARK: Containers and tasks

    @Test(arguments: Shim.allCases) func `a container prints from its image and is gone`(shim: Shim) async throws {
        try await withImage { berthd, _ async throws in
            let run = try await run(berthd, shim, ["--rm"], "c1", "cat", "/etc/greeting")
            #expect(run.errors == "")
            #expect(run.output == TestImage.greeting + "\n")
            #expect(run.status == 0)
            #expect(try await berthd.ctr("c", "ls", "-q").output == "")
            #expect(try await berthd.ctr("t", "ls", "-q").output == "")
        }
    }

    @Test(arguments: Shim.allCases) func `the exit status of a container is the client's`(shim: Shim) async throws {
        try await withImage { berthd, _ async throws in
            #expect(try await run(berthd, shim, ["--rm"], "c1", "sh", "-c", "exit 7").status == 7)
        }
    }

    @Test(arguments: Shim.allCases) func `standard error is apart from standard output`(shim: Shim) async throws {
        try await withImage { berthd, _ async throws in
            let run = try await run(berthd, shim, ["--rm"], "c1", "sh", "-c", "echo out; echo err >&2")
            #expect(run.output == "out\n")
            #expect(run.errors == "err\n")
        }
    }

    @Test(arguments: Shim.allCases) func `a terminal is a terminal`(shim: Shim) async throws {
        try await withImage { berthd, _ async throws in
            let command =
                "ctr --address \(berthd.address) run -t --rm \(shim.options.joined(separator: " ")) "
                + "\(TestImage.name) c1 sh -c 'test -t 0 && test -t 1 && echo a terminal'"
            let run = try await ToolRun.run("/usr/bin/script", ["-qec", command, "/dev/null"])
            // Whether the client restores its own terminal before or after the line decides how the line ends.
            #expect(run.output.contains("a terminal"))
            #expect(run.status == 0)
        }
    }

    @Test(arguments: Shim.allCases) func `a detached container is listed, described and removed`(shim: Shim)
        async throws
    {
        try await withImage { berthd, _ async throws in
            #expect(try await run(berthd, shim, ["-d"], "c1", "sleep", "1000").status == 0)
            #expect(
                try await berthd.ctr("c", "ls").rows == [
                    ["CONTAINER", "IMAGE", "RUNTIME"], ["c1", TestImage.name, "io.containerd.runc.v2"],
                ])
            let info = try await berthd.ctr("c", "info", "c1")
            try #require(info.status == 0, "\(info.errors)")
            let json = try #require(JSONSerialization.jsonObject(with: Data(info.output.utf8)) as? [String: Any])
            #expect(json["ID"] as? String == "c1")
            #expect(json["SnapshotKey"] as? String == "c1")
            #expect(json["Snapshotter"] as? String == "overlayfs")
            #expect((json["Spec"] as? [String: Any])?["ociVersion"] is String)
            let tasks = try await berthd.ctr("t", "ls").rows
            #expect(tasks.first == ["TASK", "PID", "STATUS"])
            #expect(tasks.dropFirst().map { [$0[0], $0[2]] } == [["c1", "RUNNING"]])
            #expect(try await berthd.ctr("t", "rm", "-f", "c1").status == 0)
            #expect(try await berthd.ctr("c", "rm", "c1").status == 0)
            #expect(try await berthd.ctr("c", "ls", "-q").output == "")
            #expect(try await berthd.ctr("snapshots", "info", "c1").status == 1)
        }
    }

    @Test(arguments: Shim.allCases) func `a running container refuses to be removed`(shim: Shim) async throws {
        try await withImage { berthd, _ async throws in
            #expect(try await run(berthd, shim, ["-d"], "c1", "sleep", "1000").status == 0)
            let run = try await berthd.ctr("t", "rm", "c1")
            #expect(run.status == 1)
            #expect(try await berthd.ctr("t", "ls", "-q").output == "c1\n")
        }
    }

    @Test(arguments: Shim.allCases) func `a process is executed in a running container`(shim: Shim) async throws {
        try await withImage { berthd, _ async throws in
            #expect(try await run(berthd, shim, ["-d"], "c1", "sleep", "1000").status == 0)
            let echo = try await berthd.ctr("t", "exec", "--exec-id", "e1", "c1", "echo", "from", "inside")
            #expect(echo.output == "from inside\n")
            #expect(try await berthd.ctr("t", "exec", "--exec-id", "e2", "c1", "sh", "-c", "exit 9").status == 9)
        }
    }

    @Test(arguments: Shim.allCases) func `processes and counters of a task are shown`(shim: Shim) async throws {
        try await withImage { berthd, _ async throws in
            #expect(try await run(berthd, shim, ["-d"], "c1", "sleep", "1000").status == 0)
            let pid = try #require(try await berthd.ctr("t", "ls").rows.last?[1])
            #expect(try await berthd.ctr("t", "ps", "c1").rows == [["PID", "INFO"], [pid, "-"]])
            let metrics = try await berthd.ctr("t", "metrics", "c1").rows
            #expect(metrics.first == ["ID", "TIMESTAMP"])
            #expect(metrics.contains { $0.first?.hasPrefix("memory.usage") == true && Int($0.last ?? "") ?? 0 > 0 })
        }
    }

    @Test(arguments: Shim.allCases) func `a task is paused and resumed`(shim: Shim) async throws {
        try await withImage { berthd, _ async throws in
            #expect(try await run(berthd, shim, ["-d"], "c1", "sleep", "1000").status == 0)
            func status() async throws -> String? { try await berthd.ctr("t", "ls").rows.last?.last }
            #expect(try await berthd.ctr("t", "pause", "c1").status == 0)
            #expect(try await status() == "PAUSED")
            #expect(try await berthd.ctr("t", "resume", "c1").status == 0)
            #expect(try await status() == "RUNNING")
        }
    }

    @Test(arguments: Shim.allCases) func `a killed task stops, and its removal tells how it ended`(shim: Shim)
        async throws
    {
        try await withImage { berthd, _ async throws in
            let script = "trap 'exit 3' TERM; while :; do sleep 0.05; done"
            #expect(try await run(berthd, shim, ["-d"], "c1", "sh", "-c", script).status == 0)
            // The trap is set some time after the start.
            try await expectEventually {
                _ = try await berthd.ctr("t", "kill", "c1")
                return try await berthd.ctr("t", "ls").rows.last?.last == "STOPPED"
            }
            #expect(try await berthd.ctr("t", "rm", "c1").errors.contains("exit with non-zero exit code 3"))
            #expect(try await berthd.ctr("t", "ls", "-q").output == "")
        }
    }

    @Test(arguments: Shim.allCases) func `the events of a container's life are told in order`(shim: Shim) async throws {
        try await withImage { berthd, _ async throws in
            let events = try RunningTool("/usr/bin/ctr", ["--address", berthd.address, "events"])
            defer { events.signal(SIGKILL) }
            // The client says nothing when it listens: it does when it hears of a lease's namespace.
            try await expectEventually {
                _ = try await berthd.ctr("namespaces", "label", "default", "x=\(UInt32.random(in: 0 ... .max))")
                return events.outputSoFar.contains("/namespaces/update")
            }
            #expect(try await run(berthd, shim, ["--rm"], "c1", "true").status == 0)
            try await expectEventually { events.outputSoFar.contains("/containers/delete") }
            let topics = events.outputSoFar.split(separator: "\n").compactMap { line in
                line.split(separator: " ").first { $0.hasPrefix("/") }
            }.filter { $0 != "/namespaces/update" }
            #expect(
                topics == [
                    "/snapshot/prepare", "/containers/create", "/tasks/create", "/tasks/start", "/tasks/exit",
                    "/tasks/delete", "/snapshot/remove", "/containers/delete",
                ])
        }
    }

    // MARK: Leases, namespaces, server

    @Test func `leases are made, listed and removed`() async throws {
        try await withBerthd("stock") { berthd async throws in
            #expect(try await berthd.ctr("leases", "create", "--id", "l1", "owner=me").output == "l1\n")
            let rows = try await berthd.ctr("leases", "ls").rows
            #expect(rows.first == ["ID", "CREATED", "AT", "LABELS"])
            #expect(rows.last?.first == "l1")
            #expect(rows.last?.last?.contains("owner=me") == true)
            #expect(try await berthd.ctr("leases", "rm", "l1").status == 0)
            #expect(try await berthd.ctr("leases", "ls", "-q").output == "")
        }
    }

    @Test func `namespaces are made, labelled, listed and removed`() async throws {
        try await withBerthd("stock") { berthd async throws in
            #expect(try await berthd.ctr("namespaces", "create", "team", "owner=me").status == 0)
            #expect(try await berthd.ctr("namespaces", "ls").rows == [["NAME", "LABELS"], ["team", "owner=me"]])
            #expect(try await berthd.ctr("namespaces", "label", "team", "owner=you").status == 0)
            #expect(try await berthd.ctr("namespaces", "ls").rows.last == ["team", "owner=you"])
            #expect(try await berthd.ctr("namespaces", "rm", "team").output == "team\n")
            #expect(try await berthd.ctr("namespaces", "ls", "-q").output == "")
        }
    }

    @Test func `a namespace with an image refuses to be removed`() async throws {
        try await withImage { berthd, _ async throws in
            let run = try await berthd.ctr("namespaces", "rm", "default")
            #expect(run.status == 1)
            #expect(run.errors.contains("default"))
            #expect(try await berthd.ctr("images", "ls", "-q").output == TestImage.name + "\n")
        }
    }

    @Test func `the server names itself`() async throws {
        try await withBerthd("stock") { berthd async throws in
            let run = try await berthd.ctr("version")
            #expect(run.status == 0)
            #expect(run.lines.contains { $0.hasPrefix("  Version:") && $0.contains("+berth.") })
        }
    }

    @Test func `the plugins that clients look for are there`() async throws {
        try await withBerthd("stock") { berthd async throws in
            let rows = try await berthd.ctr("plugins", "ls").rows
            for (type, id) in [
                ("io.containerd.snapshotter.v1", "overlayfs"), ("io.containerd.snapshotter.v1", "native"),
                ("io.containerd.runtime.v2", "task"), ("io.containerd.differ.v1", "walking"),
                ("io.containerd.content.v1", "content"), ("io.containerd.grpc.v1", "tasks"),
            ] {
                #expect(rows.contains { $0[0] == type && $0[1] == id && $0.last == "ok" })
            }
        }
    }

    // MARK: Refusals

    @Test func `an unknown image is named`() async throws {
        try await withBerthd("stock") { berthd async throws in
            let run = try await berthd.ctr("run", "--rm", "example.com/none:1", "c1")
            #expect(run.status == 1)
            #expect(run.errors == "ctr: image \"example.com/none:1\": not found\n")
        }
    }

    @Test func `an unknown container, task and snapshot are named`() async throws {
        try await withBerthd("stock") { berthd async throws in
            let container = try await berthd.ctr("c", "info", "none")
            #expect(container.errors == "ctr: container \"none\": not found\n")
            let task = try await berthd.ctr("t", "kill", "none")
            #expect(task.errors == "ctr: container \"none\": not found\n")
            let snapshot = try await berthd.ctr("snapshots", "info", "none")
            #expect(snapshot.errors == "ctr: snapshot \"none\": not found\n")
        }
    }

    @Test(arguments: Shim.allCases) func `a name that is taken is refused and the first one unharmed`(shim: Shim)
        async throws
    {
        try await withImage { berthd, _ async throws in
            #expect(try await run(berthd, shim, ["-d"], "c1", "sleep", "1000").status == 0)
            let second = try await run(berthd, shim, ["-d"], "c1", "sleep", "1000")
            #expect(second.status == 1)
            #expect(second.errors.contains("\"c1\": already exists"))
            #expect(try await berthd.ctr("t", "ls").rows.last?.last == "RUNNING")
        }
    }

    @Test func `an unknown snapshotter is named with those that are loaded`() async throws {
        try await withBerthd("stock") { berthd async throws in
            let run = try await berthd.ctr("snapshots", "--snapshotter", "zfs", "ls")
            #expect(run.status == 1)
            #expect(run.errors.contains("snapshotter not loaded: zfs (loaded: native, overlayfs)"))
        }
    }

    @Test func `a namespace that is no identifier is refused`() async throws {
        try await withBerthd("stock") { berthd async throws in
            let run = try await berthd.ctr("-n", "../etc", "c", "ls")
            #expect(run.status == 1)
            #expect(run.errors.contains("namespace \"../etc\": expected letters, digits"))
        }
    }
}
