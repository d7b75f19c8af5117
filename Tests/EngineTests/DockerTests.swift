internal import Kernel
internal import TestKit
internal import Testing

/// Debian's dockerd, told of Berth's runtime, above a containerd of its own.
@Suite(.needsRoot, .serialized) struct DockerTests {
    private struct Engine {
        let workshop: Workshop
        let image = "engine/busybox:1"

        private var socket: String { "unix://" + workshop.directory + "/d.sock" }

        func start() throws -> Daemon {
            let directory = workshop.directory
            return try Daemon.start(
                ["dockerd", "--config-file", directory + "/config.json", "--data-root", directory + "/own/data"]
                    + ["--exec-root", directory + "/own/exec", "--pidfile", directory + "/own/docker.pid"]
                    + ["-H", socket, "--iptables=false", "--ip6tables=false", "--bridge=none"]
                    + ["--storage-driver", "vfs", "--exec-opt", "native.cgroupdriver=cgroupfs"]
                    + ["--cgroup-parent", "/" + workshop.name, "--add-runtime", "berth=" + (try Tool.runtime())]
                    + ["--default-ulimit", "nofile=1024:1024"], in: directory
            ) {
                try docker("version").code == 0
            }
        }

        func docker(_ words: String...) throws -> Tool {
            try workshop.run(["docker", "--config", workshop.directory, "-H", socket] + words)
        }

        func run(_ options: [String], _ command: String...) throws -> Tool {
            try workshop.run(
                ["docker", "--config", workshop.directory, "-H", socket, "run", "--runtime", "berth"]
                    + ["--network", "none"] + options + [image] + command)
        }
    }

    private func withEngine(_ body: (Engine) throws -> Void) throws {
        try Workshop.with { workshop in
            let engine = Engine(workshop: workshop)
            try makeDirectory(workshop.directory + "/own", mode: 0o755)
            try SmallFile.replace(workshop.directory + "/config.json", with: Array("{}".utf8))
            let daemon = try engine.start()
            defer { daemon.stop() }
            #expect(try engine.docker("import", workshop.archive, engine.image).code == 0)
            try body(engine)
            // The client is told of an exit before its container is deleted.
            let isClean = try workshop.isClean(within: 20_000)
            let left = try workshop.leftovers()
            #expect(isClean, "\(left)")
        }
    }

    @Test func `a container runs, and its exit code is the client's`() throws {
        try withEngine { engine in
            let run = try engine.run(["--rm"], "sh", "-c", "echo from inside; exit 7")
            #expect(run.code == 7 && run.text == "from inside", "\(run.errors)")
            #expect(try engine.run(["--rm"], "no-such-program").code == 127)
            #expect(try engine.run(["--rm"], "/etc").code == 126)
            let greedy = try engine.run(["--rm", "-m", "16m", "--memory-swap", "16m"], "tail", "/dev/zero")
            #expect(greedy.code == 137, "\(greedy.code)")
        }
    }

    @Test func `a running container is entered, limited, paused, changed, killed and removed`() throws {
        try withEngine { engine in
            let started = try engine.run(["-d", "--name", "long", "-m", "32m"], "sleep", "1000")
            #expect(started.code == 0, "\(started.errors)")
            func limit() throws -> String? {
                try engine.workshop.control(
                    ("memory", "memory.limit_in_bytes"), unified: "memory.max", of: started.text)
            }
            let entered = try engine.docker("exec", "long", "sh", "-c", "echo in; exit 3")
            #expect(entered.code == 3 && entered.text == "in", "\(entered.errors)")
            let terminal = try engine.docker("exec", "-t", "long", "sh", "-c", "ls -l /proc/self/fd/1")
            #expect(terminal.text.hasSuffix("/dev/pts/0"), "\(terminal.output)\(terminal.errors)")
            #expect(try limit() == String(32 << 20))
            #expect(try engine.docker("update", "--memory", "64m", "--memory-swap", "64m", "long").code == 0)
            #expect(try limit() == String(64 << 20))
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

    @Test func `a container is restarted when its program fails`() throws {
        try withEngine { engine in
            let options = ["-d", "--name", "again", "--restart", "on-failure:2"]
            #expect(try engine.run(options, "sh", "-c", "echo once more; exit 1").code == 0)
            let deadline = Clock.milliseconds() + 20_000
            var count = ""
            while count != "2", Clock.milliseconds() < deadline {
                count = try engine.docker("inspect", "-f", "{{.RestartCount}}", "again").text
            }
            #expect(try engine.docker("wait", "again").text == "1")
            #expect(try engine.docker("logs", "again").text.split(separator: "\n").count == 3)
            #expect(try engine.docker("rm", "again").code == 0)
        }
    }
}
