internal import Kernel
internal import TestKit
internal import Testing

/// Debian's podman, with conmon between it and Berth's runtime.
@Suite(.needsRoot, .serialized) struct PodmanTests {
    private struct Engine {
        let workshop: Workshop
        let image = "localhost/engine/busybox:1"

        init(_ workshop: Workshop) throws {
            self.workshop = workshop
            // Nothing of what the machine's administrator has configured.
            try SmallFile.replace(workshop.directory + "/containers.conf", with: Array("[containers]\n".utf8))
            let imported = try podman("import", workshop.archive, image)
            #expect(imported.code == 0, "\(imported.errors)")
        }

        func podman(_ words: String...) throws -> Tool { try podman(words) }

        private func podman(_ words: [String]) throws -> Tool {
            let own = workshop.directory + "/own"
            return try workshop.run(
                ["podman", "--root", own + "/root", "--runroot", own + "/run", "--tmpdir", own + "/tmp"]
                    + ["--cgroup-manager", "cgroupfs", "--storage-driver", "vfs", "--events-backend", "file"]
                    + ["--runtime", try Tool.runtime()] + words,
                environment: ["CONTAINERS_CONF": workshop.directory + "/containers.conf"])
        }

        func run(_ options: [String], _ command: String...) throws -> Tool {
            // Podman's own limits are higher than some machines let even root set.
            let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
            return try podman(
                ["run", "--network", "none", "--cgroup-parent", "/" + workshop.name] + limits + options + [image]
                    + command)
        }
    }

    private func withEngine(_ body: (Engine) throws -> Void) throws {
        try Workshop.with { workshop in
            let engine = try Engine(workshop)
            defer { _ = try? engine.podman("rm", "-af", "-t", "0") }
            try body(engine)
            _ = try engine.podman("rm", "-af", "-t", "0")
            #expect(try workshop.leftovers() == [])
        }
    }

    @Test func `a container runs, and its exit code is the client's`() throws {
        try withEngine { engine in
            let run = try engine.run(["--rm"], "sh", "-c", "echo from inside; exit 7")
            #expect(run.code == 7 && run.text == "from inside", "\(run.errors)")
            #expect(try engine.run(["--rm"], "no-such-program").code == 127)
            #expect(try engine.run(["--rm"], "/etc").code == 126)
        }
    }

    @Test func `a container has a terminal of its own when asked`() throws {
        try withEngine { engine in
            let run = try engine.run(["--rm", "-t"], "sh", "-c", "ls -l /proc/self/fd/1")
            #expect(run.code == 0 && run.text.hasSuffix("/dev/pts/0"), "\(run.output)\(run.errors)")
        }
    }

    @Test func `a running container is entered, limited, paused, killed and removed`() throws {
        try withEngine { engine in
            let started = try engine.run(["-d", "--name", "long", "-m", "32m"], "sleep", "1000")
            #expect(started.code == 0, "\(started.errors)")
            let entered = try engine.podman("exec", "long", "sh", "-c", "echo in; exit 3")
            #expect(entered.code == 3 && entered.text == "in", "\(entered.errors)")
            #expect(try engine.podman("exec", "long", "no-such-program").code == 127)
            let set = try engine.workshop.control(
                ("memory", "memory.limit_in_bytes"), unified: "memory.max", of: "libpod-" + started.text)
            #expect(set == String(32 << 20))
            #expect(try engine.podman("pause", "long").code == 0)
            #expect(try engine.podman("inspect", "-f", "{{.State.Status}}", "long").text == "paused")
            #expect(try engine.podman("unpause", "long").code == 0)
            #expect(try engine.podman("top", "long", "pid", "args").text.contains("sleep 1000"))
            #expect(try engine.podman("kill", "long").code == 0)
            #expect(try engine.podman("wait", "long").text == "137")
            #expect(try engine.podman("start", "long").code == 0)
            #expect(try engine.podman("stop", "-t", "0", "long").code == 0)
            #expect(try engine.podman("rm", "long").code == 0)
        }
    }

    @Test func `a container that ended behind podman's back is seen to have ended`() throws {
        try withEngine { engine in
            let started = try engine.run(["-d", "--name", "short"], "sleep", "1")
            #expect(started.code == 0, "\(started.errors)")
            #expect(try engine.podman("wait", "short").text == "0")
            #expect(try engine.podman("exec", "short", "true").code != 0)
            #expect(try engine.podman("rm", "-f", "short").code == 0)
        }
    }
}
