internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@Suite(.needsRoot) struct LifeCycleTests {
    private func status(_ fixture: ContainerFixture) throws -> String {
        let text = try fixture.runtime(["state", fixture.id]).output
        return text.split(separator: "\n").first { $0.contains("\"status\"") }
            .map { String($0.split(separator: "\"")[3]) } ?? text
    }

    private func wait(_ fixture: ContainerFixture, for wanted: String) throws {
        let deadline = Clock.milliseconds() + 10_000
        while try status(fixture) != wanted {
            guard Clock.milliseconds() < deadline else { throw ContainerFixture.Failure(message: "never \(wanted)") }
        }
    }

    @Test func `a container is created, runs, is paused, goes on, is killed and is gone`() throws {
        try ContainerFixture.with { fixture in
            var spec = fixture.spec
            spec.process?.args = ["sleep", "1000"]
            fixture.spec = spec
            try fixture.writeSpec()
            #expect(try fixture.runtime(["create", "--bundle", fixture.directory, fixture.id]).code == 0)
            #expect(try status(fixture) == "created")
            #expect(try fixture.runtime(["start", fixture.id]).code == 0)
            #expect(try status(fixture) == "running")
            #expect(try fixture.runtime(["start", fixture.id]).errors.contains("started already"))
            #expect(try fixture.runtime(["pause", fixture.id]).code == 0)
            #expect(try status(fixture) == "paused")
            #expect(try fixture.runtime(["resume", fixture.id]).code == 0)
            #expect(try status(fixture) == "running")
            #expect(try fixture.runtime(["delete", fixture.id]).errors.contains("is running"))
            #expect(try fixture.runtime(["kill", fixture.id, "KILL"]).code == 0)
            try wait(fixture, for: "stopped")
            #expect(try fixture.runtime(["kill", fixture.id]).code == 1)
            #expect(try fixture.runtime(["delete", fixture.id]).code == 0)
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `an ID can be taken only once`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            let outcome = try fixture.runtime(["create", "--bundle", fixture.directory, fixture.id])
            #expect(outcome.errors.contains("container \"\(fixture.id)\" already exists"))
            #expect(try status(fixture) == "running")
        }
    }

    @Test func `cgroups that another container is in are refused and left alone`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            let other = fixture.id + "-2"
            let outcome = try fixture.runtime(["create", "--bundle", fixture.directory, other])
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("create cgroup: "), "\(outcome.errors)")
            #expect(try fixture.runtime(["state", other]).errors.contains("does not exist"))
            #expect(try status(fixture) == "running")
            #expect(try fixture.runtime(["pause", fixture.id]).code == 0)
            #expect(try fixture.runtime(["resume", fixture.id]).code == 0)
        }
    }

    @Test func `a container that was never started can be deleted`() throws {
        try ContainerFixture.with { fixture in
            try fixture.writeSpec()
            #expect(try fixture.runtime(["create", "--bundle", fixture.directory, fixture.id]).code == 0)
            #expect(try fixture.runtime(["delete", fixture.id]).code == 0)
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a further process has the container's namespaces, cgroup and rights`() throws {
        try ContainerFixture.with { fixture in
            let pid = try fixture.startSleeping()
            let outcome = try fixture.runtime(["exec", "--env", "MORE=1", "--cwd", "/tmp", fixture.id, "/guest", "x"])
            let seen = try ContainerFixture.observation(outcome)
            for kind in ["pid", "net", "ipc", "uts", "mnt", "cgroup"] {
                let theirs = try readSymbolicLink("/proc/\(pid)/ns/\(kind)", in: workingDirectory)
                #expect(seen.namespaces[kind] == theirs, "\(kind)")
            }
            #expect(seen.cgroups.allSatisfy { $0.hasSuffix(":/") })
            #expect(seen.cwd == "/tmp" && seen.environment.contains("MORE=1"))
            #expect(seen.status["CapBnd"] == "0000000000000021" && seen.status["NoNewPrivs"] == "1")
            #expect(seen.hostname == "inside")
        }
    }

    @Test func `a failing step is named with its object, and nothing is left`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.mounts.append(
                Mount(destination: "/data", type: "bind", source: "/no/such/source", options: ["bind"]))
            let outcome = try fixture.run()
            #expect(outcome.code == 1)
            #expect(
                outcome.errors.contains("mount \"/data\": open_tree \"/no/such/source\": no such file or directory"))
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `limits that the host cannot set fail the container and leave nothing`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.resources = Resources()
            fixture.spec.linux?.resources?.cpu = CPUResources()
            fixture.spec.linux?.resources?.cpu?.cpus = "4000-4001"
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.errors.contains("linux.resources.cpu"), "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a terminal is sent to the console socket and is the process's own`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.terminal = true
            fixture.spec.process?.consoleSize = ConsoleSize(height: 33, width: 77)
            try fixture.writeSpec()
            let path = fixture.directory + "/console.sock"
            let listener = try UnixSocket.listen(path: path)
            let created = try fixture.runtime([
                "create", "--bundle", fixture.directory, "--console-socket", path, fixture.id,
            ])
            #expect(created.code == 0, "\(created.errors)")
            guard let connection = try UnixSocket.accept(listener) else {
                Issue.record("nobody connected")
                return
            }
            let channel = Channel(connection)
            var bytes = [UInt8](repeating: 0, count: 256)
            let (_, passed) = try bytes.withUnsafeMutableBytes { buffer in try channel.receive(into: buffer) }
            let master = FileDescriptor(owning: try #require(passed))
            #expect(try fixture.runtime(["start", fixture.id]).code == 0)
            var text = ""
            while try waitUntilReadable(master.rawValue, milliseconds: 5000) {
                guard
                    case .moved(let count)? = try? bytes.withUnsafeMutableBytes({ buffer in
                        try Transfer.read(master.rawValue, into: buffer)
                    }), count > 0
                else { break }
                text += String(decoding: bytes[..<count], as: UTF8.self)
            }
            let seen = try ContainerFixture.observation(.init(code: 0, output: text, log: ""))
            #expect(seen.hasTerminal && seen.isSessionLeader)
            #expect(seen.devices.contains("console"))
            #expect(seen.mount(at: "/dev/console")?.type == "devpts")
        }
    }

    @Test func `all processes of a container are signalled when that is asked for`() throws {
        try ContainerFixture.with { fixture in
            // Without a PID namespace of its own it does not end with its init.
            fixture.spec.linux?.namespaces.removeAll { $0.type == .pid }
            let pid = try fixture.startSleeping()
            let file = fixture.directory + "/exec.pid"
            #expect(try fixture.runtime(["exec", "-d", "--pid-file", file, fixture.id, "sleep", "1000"]).code == 0)
            let other = try #require(Int32(try SmallFile.text(file)))
            let processes = try [pid, other].map { try openProcess($0).release() }
            defer { for number in processes { _ = FileDescriptor(owning: number) } }
            #expect(try fixture.runtime(["kill", "--all", fixture.id, "SIGTERM"]).code == 0)
            for number in processes { #expect(try waitUntilReadable(number, milliseconds: 60_000)) }
            #expect(try fixture.runtime(["delete", fixture.id]).code == 0)
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a running container is deleted by force, with all its processes`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.namespaces.removeAll { $0.type == .pid }
            let pid = try fixture.startSleeping()
            let file = fixture.directory + "/exec.pid"
            #expect(try fixture.runtime(["exec", "-d", "--pid-file", file, fixture.id, "sleep", "1000"]).code == 0)
            let other = try #require(Int32(try SmallFile.text(file)))
            let processes = try [pid, other].map { try openProcess($0).release() }
            defer { for number in processes { _ = FileDescriptor(owning: number) } }
            #expect(try fixture.runtime(["delete", "--force", fixture.id]).code == 0)
            for number in processes { #expect(try waitUntilReadable(number, milliseconds: 60_000)) }
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a container that is to be kept is there when it has ended`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.args = ["sh", "-c", "exit 3"]
            try fixture.writeSpec()
            #expect(try fixture.runtime(["run", "--keep", "--bundle", fixture.directory, fixture.id]).code == 3)
            #expect(try status(fixture) == "stopped")
            #expect(try fixture.runtime(["delete", fixture.id]).code == 0)
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `the state has the configuration's annotations and version`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.annotations = ["org.example.key": "a \"value\"", "empty": ""]
            let pid = try fixture.startSleeping()
            let text = try fixture.runtime(["state", fixture.id]).output
            let state = try Array(text.utf8).withUnsafeBytes { try JSONReader.parse(State.self, $0) }
            #expect(state.annotations == fixture.spec.annotations && state.ociVersion == "1.2.0")
            #expect(state.id == fixture.id && state.pid == pid && state.bundle == fixture.directory)
            #expect(state.status == .running)
        }
    }

    @Test(arguments: [false, true])
    func `a container has a session keyring of its own unless that is declined`(declines: Bool) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.args = ["cat", "/proc/keys"]
            try fixture.writeSpec()
            let flags = declines ? ["--no-new-keyring"] : []
            let outcome = try fixture.runtime(["run"] + flags + ["--bundle", fixture.directory, fixture.id])
            #expect(outcome.code == 0 && outcome.output.contains("_ses." + fixture.id) != declines, "\(outcome.output)")
        }
    }
}
