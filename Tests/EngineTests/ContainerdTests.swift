internal import Kernel
internal import TestKit
internal import Testing

/// Debian's containerd and its shim, with Berth's runtime in the place of runc.
@Suite(.needsRoot, .serialized) struct ContainerdTests {
    private func withEngine(_ body: (ContainerdEngine) throws -> Void) throws {
        try Workshop.with { workshop in
            let engine = ContainerdEngine(
                workshop: workshop,
                runtime: [
                    "--runtime", "io.containerd.runc.v2", "--runc-binary", try Tool.runtime(), "--runc-root",
                    workshop.directory + "/runtime",
                ])
            let daemon = try engine.start()
            defer { daemon.stop() }
            try body(engine)
            #expect(try workshop.leftovers() == [])
        }
    }

    @Test func `a container runs, and its exit code is the client's`() throws {
        try withEngine { engine in
            let run = try engine.run(["--rm"], "one", "sh", "-c", "echo from inside; exit 7")
            #expect(run.code == 7 && run.text == "from inside", "\(run.errors)")
            let missing = try engine.run(["--rm"], "two", "no-such-program")
            #expect(missing.code == 1 && missing.errors.contains("executable file not found in $PATH"))
        }
    }

    @Test func `a running container is entered, limited, paused, killed and removed`() throws {
        try withEngine { engine in
            let limit = String(32 << 20)
            #expect(try engine.run(["-d", "--memory-limit", limit], "long", "sleep", "1000").code == 0)
            let entered = try engine.ctr("task", "exec", "--exec-id", "e", "long", "sh", "-c", "echo in; exit 3")
            #expect(entered.code == 3 && entered.text == "in", "\(entered.errors)")
            let set = try engine.workshop.control(
                ("memory", "memory.limit_in_bytes"), unified: "memory.max", of: "long")
            #expect(set == limit)
            #expect(try engine.ctr("task", "pause", "long").code == 0)
            #expect(try engine.ctr("task", "ls").output.contains("PAUSED"))
            #expect(try engine.ctr("task", "resume", "long").code == 0)
            #expect(try engine.ctr("task", "ps", "long").text.split(separator: "\n").count == 2)
            #expect(try engine.ctr("task", "metrics", "long").output.contains("memory"))
            #expect(try engine.ctr("task", "kill", "-s", "SIGKILL", "long").code == 0)
            let deadline = Clock.milliseconds() + 10_000
            while try !engine.ctr("task", "ls").output.contains("STOPPED"), Clock.milliseconds() < deadline {}
            let again = try engine.ctr("task", "kill", "long")
            #expect(again.code == 1 && again.errors.contains("process already finished: not found"), "\(again.errors)")
            #expect(try engine.ctr("task", "rm", "long").code == 0)
            #expect(try engine.ctr("container", "rm", "long").code == 0)
        }
    }

    @Test func `a container that needs more memory than it may have is ended`() throws {
        try withEngine { engine in
            let limit = String(16 << 20)
            let run = try engine.run(["--rm", "--memory-limit", limit], "greedy", "tail", "/dev/zero")
            #expect(run.code == 137, "\(run.code): \(run.errors)")
        }
    }
}
