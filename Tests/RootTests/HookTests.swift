internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@Suite(.needsRoot) struct HookTests {
    /// A hook that is a script of the host's shell, or of the container's.
    private func hook(_ script: String, timeout: Int32? = nil, env: [String] = [], shell: String = "/bin/sh") -> Hook {
        Hook(path: shell, args: ["sh", "-c", script], env: env, timeout: timeout)
    }

    private func contents(_ fixture: ContainerFixture, _ name: String) throws -> String {
        do throws(SystemCallError) {
            return try SmallFile.text(fixture.directory + "/" + name)
        } catch {
            guard error.errno == .noSuchFile else { throw error }
            return ""
        }
    }

    @Test func `hooks run in the order of the container's life`() throws {
        try ContainerFixture.with { fixture in
            let log = fixture.directory + "/log"
            try SmallFile.replace(fixture.rootfs + "/log", with: [])
            func note(_ name: String) -> Hook { hook("echo \(name) >> \(log)") }
            var hooks = Hooks()
            hooks.prestart = [note("prestart")]
            hooks.createRuntime = [note("createRuntime 0"), note("createRuntime 1")]
            hooks.createContainer = [note("createContainer")]
            hooks.startContainer = [hook("echo startContainer >> /log", shell: "/bin/sh")]
            hooks.poststart = [note("poststart")]
            hooks.poststop = [note("poststop")]
            fixture.spec.hooks = hooks
            fixture.spec.process?.args = ["sleep", "1000"]
            try fixture.writeSpec()
            #expect(try fixture.runtime(["create", "--bundle", fixture.directory, fixture.id]).errors == "")
            let created = "prestart\ncreateRuntime 0\ncreateRuntime 1\ncreateContainer\n"
            #expect(try contents(fixture, "log") == created)
            #expect(try contents(fixture, "rootfs/log").isEmpty)
            #expect(try fixture.runtime(["start", fixture.id]).errors == "")
            #expect(try contents(fixture, "rootfs/log") == "startContainer\n")
            #expect(try contents(fixture, "log") == created + "poststart\n")
            #expect(try fixture.runtime(["delete", "--force", fixture.id]).errors == "")
            #expect(try contents(fixture, "log") == created + "poststart\npoststop\n")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a hook reads the container's state and has only its own environment`() throws {
        try ContainerFixture.with { fixture in
            var hooks = Hooks()
            let stages = ["createRuntime", "poststart", "poststop"]
            func keep(_ stage: String) -> Hook {
                hook("cat > \(fixture.directory)/\(stage); env > \(fixture.directory)/\(stage).env", env: ["ONLY=this"])
            }
            hooks.createRuntime = [keep(stages[0])]
            hooks.poststart = [keep(stages[1])]
            hooks.poststop = [keep(stages[2])]
            fixture.spec.hooks = hooks
            fixture.spec.annotations = ["key": "value"]
            let pid = try fixture.startSleeping()
            #expect(try fixture.runtime(["delete", "--force", fixture.id]).errors == "")
            let statuses: [ContainerStatus] = [.creating, .running, .stopped]
            for (stage, status) in zip(stages, statuses) {
                let state = try Array(try contents(fixture, stage).utf8).withUnsafeBytes {
                    try JSONReader.parse(State.self, $0)
                }
                #expect(state.id == fixture.id && state.bundle == fixture.directory, "\(stage)")
                #expect(state.status == status && state.pid == (status == .stopped ? nil : pid), "\(stage)")
                #expect(state.annotations == ["key": "value"] && state.ociVersion == "1.2.0")
                let variables = try contents(fixture, stage + ".env").split(separator: "\n")
                #expect(variables.contains("ONLY=this") && !variables.contains { $0.hasPrefix("PATH=") })
            }
        }
    }

    @Test func `hooks are in the namespaces that the specification gives them`() throws {
        try ContainerFixture.with { fixture in
            try makeDirectory(fixture.directory + "/seen", mode: 0o755)
            let look = "for n in mnt net pid uts; do readlink /proc/self/ns/$n; done"
            var hooks = Hooks()
            hooks.prestart = [hook("(\(look); pwd) > \(fixture.directory)/prestart")]
            hooks.createRuntime = [
                hook(
                    "pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/'); readlink /proc/$pid/ns/net"
                        + " > \(fixture.directory)/told")
            ]
            hooks.createContainer = [hook("(\(look); pwd) > \(fixture.directory)/createContainer")]
            fixture.spec.hooks = hooks
            let seen = try fixture.observe()
            let own = try ["mnt", "net", "pid", "uts"].map {
                try readSymbolicLink("/proc/self/ns/" + $0, in: workingDirectory)
            }
            let inside = ["mnt", "net", "pid", "uts"].map { seen.namespaces[$0] ?? "" }
            #expect(
                try contents(fixture, "prestart").split(separator: "\n").map(String.init) == own + [fixture.directory])
            #expect(
                try contents(fixture, "createContainer").split(separator: "\n").map(String.init)
                    == inside + [fixture.rootfs])
            #expect(try contents(fixture, "told") == inside[1] + "\n")
        }
    }

    @Test func `what a hook mounts into the root before the pivot is there, also below a read-only one`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.root?.readonly = true
            var hooks = Hooks()
            hooks.createContainer = [
                hook(
                    "mkdir driver && mount -t tmpfs none driver && echo library > driver/file", env: ["PATH=/bin:/sbin"]
                )
            ]
            fixture.spec.hooks = hooks
            fixture.spec.process?.args = ["sh", "-c", "cat /driver/file; echo x > /new || echo sealed"]
            let outcome = try fixture.run()
            #expect(outcome.output == "library\nsealed\n", "\(outcome.errors)")
        }
    }

    @Test(arguments: ["prestart", "createRuntime", "createContainer"])
    func `a hook that fails before the start undoes the container`(stage: String) throws {
        try ContainerFixture.with { fixture in
            var hooks = Hooks()
            let failing = [hook("true"), hook("echo the reason >&2; exit 3"), hook("touch \(fixture.directory)/never")]
            switch stage {
            case "prestart": hooks.prestart = failing
            case "createRuntime": hooks.createRuntime = failing
            default: hooks.createContainer = failing
            }
            hooks.poststop = [hook("echo stopped > \(fixture.directory)/stopped")]
            fixture.spec.hooks = hooks
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.output.isEmpty)
            let expected =
                "run hook \"hooks.\(stage)[1]\": \"/bin/sh\" exited with code 3: the reason"
            #expect(outcome.errors.contains(expected), "\(outcome.errors)")
            #expect(try contents(fixture, "stopped") == "stopped\n")
            #expect(try fixture.leftovers().isEmpty)
            #expect(!Directory.exists(fixture.directory + "/never"))
        }
    }

    @Test func `a startContainer hook that fails keeps the program from running`() throws {
        try ContainerFixture.with { fixture in
            var hooks = Hooks()
            hooks.startContainer = [hook("exit 4")]
            fixture.spec.hooks = hooks
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("hooks.startContainer[0]"), "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a poststart hook that fails stops the container`() throws {
        try ContainerFixture.with { fixture in
            var hooks = Hooks()
            hooks.poststart = [hook("exit 5")]
            fixture.spec.hooks = hooks
            fixture.spec.process?.args = ["sleep", "1000"]
            try fixture.writeSpec()
            #expect(try fixture.runtime(["create", "--bundle", fixture.directory, fixture.id]).code == 0)
            let outcome = try fixture.runtime(["start", fixture.id])
            #expect(outcome.code == 1 && outcome.errors.contains("hooks.poststart[0]"), "\(outcome.errors)")
            let deadline = Clock.milliseconds() + 10_000
            while try fixture.runtime(["delete", fixture.id]).code != 0 {
                try #require(Clock.milliseconds() < deadline, "still running")
            }
        }
    }

    @Test func `a poststop hook that fails is told of and stops neither the others nor the removal`() throws {
        try ContainerFixture.with { fixture in
            var hooks = Hooks()
            hooks.poststop = [hook("exit 6"), hook("echo on > \(fixture.directory)/on")]
            fixture.spec.hooks = hooks
            fixture.spec.process?.args = ["true"]
            let outcome = try fixture.run()
            #expect(outcome.code == 0)
            let told = "level=warning msg=\"container \"\(fixture.id)\": run hook \"hooks.poststop[0]\""
            #expect(outcome.errors.contains(told))
            #expect(try contents(fixture, "on") == "on\n")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a hook that takes too long is killed, with what it started`() throws {
        try ContainerFixture.with { fixture in
            var hooks = Hooks()
            hooks.createRuntime = [
                hook("sleep 1000 & echo $! > \(fixture.directory)/child; wait", timeout: 1, env: ["PATH=/bin"])
            ]
            fixture.spec.hooks = hooks
            let outcome = try fixture.run()
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("did not end within 1 s and was killed"), "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
            let child = try #require(Int32(try contents(fixture, "child").filter(\.isNumber)))
            let deadline = Clock.milliseconds() + 10_000
            while (try? sendSignal(0, toProcess: child)) != nil, try !isZombie(child) {
                try #require(Clock.milliseconds() < deadline, "the hook's child lives")
            }
        }
    }

    private func isZombie(_ pid: Int32) throws -> Bool {
        let text = (try? SmallFile.text("/proc/\(pid)/status")) ?? "State:\tZ"
        return text.contains("State:\tZ")
    }

    @Test func `a hook that is not there is named`() throws {
        try ContainerFixture.with { fixture in
            var hooks = Hooks()
            hooks.prestart = [Hook(path: "/not/there")]
            fixture.spec.hooks = hooks
            let outcome = try fixture.run()
            #expect(outcome.errors.contains("hooks.prestart[0]") && outcome.errors.contains("/not/there"))
            #expect(outcome.errors.contains("no such file or directory"), "\(outcome.errors)")
        }
    }
}
