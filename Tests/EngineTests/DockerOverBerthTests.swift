internal import Kernel
internal import TestKit
internal import Testing

/// `dockerd --containerd`: Debian's dockerd above berthd, as above containerd.
@Suite(.needsRoot, .serialized) struct DockerOverBerthTests {
    /// dockerd's own choice, and Berth's. It asks for Debian's shim with either: one of this age knows no other.
    private static let runtimes = [[], ["--runtime", "berth"]]

    private func withEngine(_ body: (DockerOverBerth, inout Daemon, inout Daemon) throws -> Void) throws {
        try Workshop.with { workshop in
            let engine = try DockerOverBerth(workshop: workshop)
            var berth = try engine.startBerth()
            defer { berth.stop() }
            var docker = try engine.startDocker()
            defer { docker.stop() }
            let imported = try engine.docker("import", workshop.archive, engine.image)
            #expect(imported.code == 0, "\(imported.errors)")
            do {
                try body(engine, &berth, &docker)
            } catch {
                Issue.record("\(docker.log.suffix(2000)) \(berth.log.suffix(2000))")
                throw error
            }
            // The client is told of an exit before its container is deleted.
            let isClean = try workshop.isClean(within: 60_000)
            let left = try workshop.leftovers()
            #expect(isClean, "\(left)")
            for kind in ["tasks", "containers", "leases"] {
                #expect(try engine.ctr(kind, "ls", "-q").text == "", "\(kind) are left")
            }
        }
    }

    private func waitUntil(_ purpose: String, _ condition: () throws -> Bool) throws {
        let deadline = Clock.milliseconds() + 60_000
        while try !condition() {
            guard Clock.milliseconds() < deadline else { throw Tool.Fault(description: "\(purpose): never") }
            pause(microseconds: 50_000)
        }
    }

    @Test(arguments: runtimes)
    func `a container runs, and its exit code is the client's`(runtime: [String]) throws {
        try withEngine { engine, _, _ in
            let run = try engine.run(runtime + ["--rm"], "sh", "-c", "echo from inside; echo beside >&2; exit 7")
            #expect(run.code == 7 && run.text == "from inside", "\(run.errors)")
            #expect(run.errors.contains("beside"))
            #expect(try engine.run(runtime + ["--rm"], "no-such-program").code == 127)
            #expect(try engine.run(runtime + ["--rm"], "/etc").code == 126)
        }
    }

    @Test(arguments: runtimes)
    func `a running container is entered, paused, killed, started again and removed`(runtime: [String]) throws {
        try withEngine { engine, _, _ in
            let script = "echo began; while :; do sleep 1000 & wait; done"
            let started = try engine.run(runtime + ["-d", "--name", "long", "-m", "32m"], "sh", "-c", script)
            #expect(started.code == 0, "\(started.errors)")
            #expect(try engine.ctr("tasks", "ls").output.contains("RUNNING"))
            try waitUntil("the container prints") { try engine.docker("logs", "long").text == "began" }
            let entered = try engine.docker("exec", "long", "sh", "-c", "echo in; exit 3")
            #expect(entered.code == 3 && entered.text == "in", "\(entered.errors)")
            #expect(try engine.docker("pause", "long").code == 0)
            #expect(try engine.docker("ps").output.contains("(Paused)"))
            #expect(try engine.docker("unpause", "long").code == 0)
            #expect(try engine.docker("top", "long").text.contains("sleep 1000"))
            #expect(try engine.docker("kill", "long").code == 0)
            #expect(try engine.docker("wait", "long").text == "137")
            #expect(try engine.docker("start", "long").code == 0)
            #expect(try engine.docker("stop", "-t", "1", "long").code == 0)
            #expect(try engine.docker("rm", "long").code == 0)
        }
    }

    @Test(arguments: runtimes)
    func `a container outlives dockerd and the supervisor, and both find it again`(runtime: [String]) throws {
        try withEngine { engine, berth, docker in
            let script = "n=0; while :; do n=$((n + 1)); echo line $n; sleep 0.2; done"
            let started = try engine.run(runtime + ["-d", "--name", "long"], "sh", "-c", script)
            #expect(started.code == 0, "\(started.errors)")
            func process() throws -> String { try engine.docker("inspect", "-f", "{{.State.Pid}}", "long").text }
            let first = try process()
            docker.stop()
            #expect(Directory.exists("/proc/" + first), "the container ended with dockerd")
            docker = try engine.startDocker()
            #expect(try engine.docker("ps", "--format", "{{.Names}} {{.Status}}").text.hasPrefix("long Up"))
            #expect(try process() == first)
            #expect(try engine.docker("exec", "long", "echo", "in").text == "in")
            // The supervisor alone, under a dockerd that goes on.
            try berth.kill()
            #expect(Directory.exists("/proc/" + first), "the container ended with the supervisor")
            berth = try engine.startBerth()
            try waitUntil("dockerd speaks to the new supervisor") {
                try engine.docker("exec", "long", "echo", "in").text == "in"
            }
            // No line is lost, whoever was away.
            let count = try engine.docker("logs", "long").text.split(separator: "\n").count
            try waitUntil("more is printed") {
                try engine.docker("logs", "long").text.split(separator: "\n").count > count
            }
            let lines = try engine.docker("logs", "long").text.split(separator: "\n")
            #expect(lines.map(String.init) == lines.indices.map { "line \($0 + 1)" })
            #expect(try engine.docker("kill", "long").code == 0)
            #expect(try engine.docker("wait", "long").text == "137")
            #expect(try engine.docker("rm", "long").code == 0)
        }
    }
}
