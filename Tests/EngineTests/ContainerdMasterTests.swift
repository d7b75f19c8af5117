internal import Kernel
internal import TestKit
internal import Testing

/// Debian's containerd as the master of Berth's shim.
@Suite(.needsRoot, .serialized) struct ContainerdMasterTests {
    private static let name = "io.containerd.berth.v1"

    /// What a task leaves while it lives: its shim, its init, its bundle and its shim's socket.
    private struct Traces {
        let shim: Int32
        let process: Int32
        let bundle: String
        let socket: String

        init(of id: String, in engine: ContainerdEngine) throws {
            bundle = engine.bundle(id)
            shim = try #require(Int32(try SmallFile.text(bundle + "/shim.pid")))
            process = try #require(try engine.task(id)).process
            socket = String(try SmallFile.text(bundle + "/address").dropFirst("unix://".utf8.count))
        }

        /// What of it is there.
        var present: [String] {
            let processes = [shim, process].filter { (try? SmallFile.text("/proc/\($0)/comm")) != nil }
            let files = [bundle, socket].filter { (try? FileStatus(entry: $0, of: workingDirectory)) != nil }
            return processes.map { "process \($0)" } + files
        }
    }

    private func withEngine(
        runtime: String = name, _ body: (ContainerdEngine, inout Daemon) throws -> Void
    ) throws {
        try Workshop.with { workshop in
            let engine = ContainerdEngine(workshop: workshop, runtime: ["--runtime", runtime])
            var daemon = try engine.start()
            defer { daemon.stop() }
            try body(engine, &daemon)
            try waitUntil("nothing is left") { try workshop.leftovers() == [] }
        }
    }

    private func waitUntil(_ purpose: String, _ condition: () throws -> Bool) throws {
        let deadline = Clock.milliseconds() + 60_000
        while try !condition() {
            guard Clock.milliseconds() < deadline else { throw Tool.Fault(description: "\(purpose): never") }
            pause(microseconds: 20_000)
        }
    }

    /// Runs words of a shell with a command line of the client's as its arguments.
    private func shell(_ script: String, _ words: [String], in engine: ContainerdEngine) throws -> Tool {
        try engine.workshop.run(["sh", "-c", script, "sh"] + words)
    }

    @Test func `a container runs by the shim's name or path, and its exit code is the client's`() throws {
        for runtime in [Self.name, try Tool.shim()] {
            try withEngine(runtime: runtime) { engine, _ in
                let run = try engine.run(["--rm"], "one", "sh", "-c", "echo from inside; echo beside >&2; exit 7")
                #expect(run.code == 7 && run.text == "from inside", "\(run.errors)")
                #expect(run.errors.contains("beside"))
            }
        }
    }

    @Test func `a program that is not there is told, and leaves nothing`() throws {
        try withEngine { engine, _ in
            let missing = try engine.run(["--rm"], "two", "no-such-program")
            #expect(missing.code == 1 && missing.errors.contains("executable file not found in $PATH"))
            #expect(!Directory.exists(engine.bundle("two")))
        }
    }

    @Test func `input that ends with its client's ends for a container and for an exec`() throws {
        try withEngine { engine, _ in
            for round in 0..<5 {
                let words = engine.runWords(["--rm"], "in\(round)", ["cat"])
                let run = try shell("echo x | \"$@\"", words, in: engine)
                #expect(run.code == 0 && run.text == "x", "\(run.code): \(run.errors)")
            }
            #expect(try engine.run(["-d"], "long", "sleep", "1000").code == 0)
            for round in 0..<5 {
                let words = engine.client + ["task", "exec", "--exec-id", "e\(round)", "long", "cat"]
                let entered = try shell("echo y | \"$@\"", words, in: engine)
                #expect(entered.code == 0 && entered.text == "y", "\(entered.code): \(entered.errors)")
            }
            try remove("long", from: engine)
        }
    }

    @Test func `a container and an exec have a terminal`() throws {
        try withEngine { engine, _ in
            let script = "exec script -qec \"$*\" /dev/null"
            let words = engine.runWords(["--rm", "-t"], "term", ["sh", "-c", "'test -t 0 && echo terminal; exit 4'"])
            let run = try shell(script, words, in: engine)
            #expect(run.code == 4 && run.output.contains("terminal"), "\(run.output) \(run.errors)")
            #expect(try engine.run(["-d"], "long", "sleep", "1000").code == 0)
            let exec = engine.client + ["task", "exec", "-t", "--exec-id", "e", "long"]
            let entered = try shell(script, exec + ["sh", "-c", "'test -t 1 && echo terminal; exit 5'"], in: engine)
            #expect(entered.code == 5 && entered.output.contains("terminal"), "\(entered.output) \(entered.errors)")
            try remove("long", from: engine)
        }
    }

    @Test func `a running container is entered, limited, paused, listed, measured, killed and removed`() throws {
        try withEngine { engine, _ in
            let limit = String(32 << 20)
            #expect(try engine.run(["-d", "--memory-limit", limit], "long", "sleep", "1000").code == 0)
            let traces = try Traces(of: "long", in: engine)
            let entered = try engine.ctr("task", "exec", "--exec-id", "e", "long", "sh", "-c", "echo in; exit 3")
            #expect(entered.code == 3 && entered.text == "in", "\(entered.errors)")
            let set = try engine.workshop.control(
                ("memory", "memory.limit_in_bytes"), unified: "memory.max", of: "long")
            #expect(set == limit)
            #expect(try engine.ctr("task", "pause", "long").code == 0)
            #expect(try engine.task("long")?.status == "PAUSED")
            #expect(try engine.ctr("task", "resume", "long").code == 0)
            #expect(try engine.task("long")?.status == "RUNNING")
            #expect(try engine.ctr("task", "ps", "long").output.contains(String(traces.process)))
            #expect(try engine.ctr("task", "metrics", "long").output.contains("memory"))
            #expect(try engine.ctr("task", "kill", "-s", "SIGKILL", "long").code == 0)
            try engine.wait(for: "STOPPED", of: "long")
            let again = try engine.ctr("task", "kill", "long")
            #expect(again.code == 1 && again.errors.contains("process already finished: not found"), "\(again.errors)")
            try delete("long", exitedWith: 137, from: engine)
            try waitUntil("\(traces.present) are gone") { traces.present == [] }
        }
    }

    @Test func `a container that needs more memory than it may have is ended`() throws {
        try withEngine { engine, _ in
            let limit = String(16 << 20)
            let run = try engine.run(["--rm", "--memory-limit", limit], "greedy", "tail", "/dev/zero")
            #expect(run.code == 137, "\(run.code): \(run.errors)")
        }
    }

    @Test func `a container outlives a containerd that is killed, and the next one drives it`() throws {
        try withEngine { engine, daemon in
            #expect(try engine.run(["-d"], "long", "sleep", "1000").code == 0)
            let traces = try Traces(of: "long", in: engine)
            try daemon.kill()
            #expect(traces.present.count == 4)
            daemon = try engine.start()
            #expect(try #require(try engine.task("long")) == (traces.process, "RUNNING"))
            let entered = try engine.ctr("task", "exec", "--exec-id", "e", "long", "sh", "-c", "echo again; exit 3")
            #expect(entered.code == 3 && entered.text == "again", "\(entered.errors)")
            try remove("long", from: engine)
            try waitUntil("\(traces.present) are gone") { traces.present == [] }
        }
    }

    @Test func `an exit while containerd is away is reported to the next one`() throws {
        try withEngine { engine, daemon in
            let script = "trap 'exit 9' TERM; while :; do sleep 1; done"
            #expect(try engine.run(["-d"], "long", "sh", "-c", script).code == 0)
            let traces = try Traces(of: "long", in: engine)
            try daemon.kill()
            try sendSignal(SignalNumber.terminate, toProcess: traces.process)
            try waitUntil("the container's end") { !traces.present.contains("process \(traces.process)") }
            daemon = try engine.start()
            try engine.wait(for: "STOPPED", of: "long")
            try delete("long", exitedWith: 9, from: engine)
            try waitUntil("\(traces.present) are gone") { traces.present == [] }
        }
    }

    @Test func `a shim that is killed takes its container with it, and nothing is left`() throws {
        try withEngine { engine, _ in
            #expect(try engine.run(["-d"], "victim", "sh", "-c", "sleep 1000 & sleep 1000").code == 0)
            let traces = try Traces(of: "victim", in: engine)
            try sendSignal(SignalNumber.kill, toProcess: traces.shim)
            try waitUntil("\(traces.present) are gone") { traces.present == [] }
            try waitUntil("containerd has noticed") { try engine.task("victim") == nil }
            #expect(try engine.ctr("container", "rm", "victim").code == 0)
            // Its name is free again.
            #expect(try engine.run(["--rm"], "victim", "true").code == 0)
        }
    }

    @Test func `a shim that is killed while containerd is away is cleaned up after by the next one`() throws {
        try withEngine { engine, daemon in
            #expect(try engine.run(["-d"], "victim", "sleep", "1000").code == 0)
            let traces = try Traces(of: "victim", in: engine)
            try daemon.kill()
            try sendSignal(SignalNumber.kill, toProcess: traces.shim)
            daemon = try engine.start()
            try waitUntil("\(traces.present) are gone") { traces.present == [] }
            #expect(try engine.ctr("container", "rm", "victim").code == 0)
        }
    }

    private func remove(_ id: String, from engine: ContainerdEngine) throws {
        #expect(try engine.ctr("task", "kill", "-s", "SIGKILL", id).code == 0)
        try engine.wait(for: "STOPPED", of: id)
        try delete(id, exitedWith: 137, from: engine)
    }

    private func delete(_ id: String, exitedWith code: Int, from engine: ContainerdEngine) throws {
        let task = try engine.ctr("task", "rm", id)
        #expect(task.code == 0 && task.errors.contains("exit with non-zero exit code \(code)"), "\(task.errors)")
        #expect(try engine.ctr("container", "rm", id).code == 0)
    }
}
