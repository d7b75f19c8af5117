internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// What a container's program gets from the caller of the command line: terminals and descriptors.
@Suite(.needsRoot) struct StreamTests {
    /// Reads until the text is there or the terminal is closed.
    private func read(_ master: borrowing FileDescriptor, until wanted: String) throws -> String {
        var text = ""
        var bytes = [UInt8](repeating: 0, count: 4096)
        while !text.contains(wanted), try waitUntilReadable(master.rawValue, milliseconds: 10_000) {
            let number = master.rawValue
            guard case .moved(let count)? = bytes.withUnsafeMutableBytes({ try? Transfer.read(number, into: $0) })
            else { break }
            text += String(decoding: bytes[..<count], as: UTF8.self)
        }
        return text
    }

    private func type(_ text: String, on master: borrowing FileDescriptor) throws {
        try master.write(text)
    }

    @Test(arguments: ["run", "exec"])
    func `a terminal in the foreground is relayed, with its size`(command: String) throws {
        try ContainerFixture.with { fixture in
            let script = "read line; echo got $line; test -t 0 && ls -l /proc/self/fd/0; busybox stty size; exit 5"
            if command == "exec" { _ = try fixture.startSleeping() }
            fixture.spec.process?.terminal = true
            fixture.spec.process?.args = ["sh", "-c", script]
            try fixture.writeSpec()
            let master = try FileDescriptor.open("/dev/ptmx", [.readWrite, .noControllingTerminal])
            let slave = try openTerminalPeer(of: master.rawValue)
            try setWindowSize(of: master.rawValue, columns: 91, rows: 17)
            let words =
                command == "run"
                ? ["run", "--bundle", fixture.directory, fixture.id]
                : ["exec", "-t", fixture.id, "sh", "-c", script]
            let process = try fixture.start(words, streams: [slave.rawValue, slave.rawValue, slave.rawValue])
            try type("hello\n", on: master)
            let text = try read(master, until: "17 91")
            #expect(text.contains("got hello") && text.contains("/dev/pts/0") && text.contains("17 91"), "\(text)")
            #expect(try ChildExit.wait(for: process).status == 5)
        }
    }

    @Test func `a terminal needs a socket exactly when nobody stays to relay it`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.terminal = true
            try fixture.writeSpec()
            let words = ["run", "--bundle", fixture.directory]
            #expect(try fixture.runtime(words + ["-d", fixture.id]).errors.contains("expected --console-socket"))
            let other = try fixture.runtime(words + ["--console-socket", "/no/such", fixture.id])
            #expect(other.code == 1 && other.errors.contains("--console-socket is for detached processes"))
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `sockets of a service manager are passed on before other descriptors`() throws {
        try ContainerFixture.with { fixture in
            let names = ["socket", "kept"].map { fixture.directory + "/" + $0 }
            let files = try names.map { path in
                try FileDescriptor.open(path, [.writeOnly, .create], mode: 0o600).release()
            }
            defer { for file in files { _ = FileDescriptor(owning: file) } }
            try fixture.writeSpec()
            let words = "run --preserve-fds 1 --bundle \(fixture.directory) \(fixture.id)"
            let outcome = try fixture.shell(
                "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$RUNTIME\" --root \(fixture.stateRoot) \(words)", inheriting: files)
            let seen = try ContainerFixture.observation(outcome)
            #expect(seen.environment.contains("LISTEN_FDS=1") && seen.environment.contains("LISTEN_PID=1"))
            #expect(seen.descriptors["3"] == names[0] && seen.descriptors["4"] == names[1])
            #expect(seen.descriptors["5"] == nil)
        }
    }

    @Test func `sockets that were meant for another process stay behind`() throws {
        try ContainerFixture.with { fixture in
            let file = try FileDescriptor.open("/dev/null", .readOnly)
            try fixture.writeSpec()
            let outcome = try fixture.shell(
                "LISTEN_PID=1 LISTEN_FDS=1 exec \"$RUNTIME\" --root \(fixture.stateRoot)"
                    + " run --bundle \(fixture.directory) \(fixture.id)", inheriting: [file.rawValue])
            let seen = try ContainerFixture.observation(outcome)
            #expect(!seen.environment.contains { $0.hasPrefix("LISTEN_") } && seen.descriptors["3"] == nil)
        }
    }

    @Test func `descriptors to be passed on must be open`() throws {
        try ContainerFixture.with { fixture in
            try fixture.writeSpec()
            let outcome = try fixture.runtime(["run", "--preserve-fds=2", "--bundle", fixture.directory, fixture.id])
            #expect(outcome.code == 1 && outcome.errors.contains("descriptor 3 of 2 to be passed on is not open"))
        }
    }

    @Test func `a descriptor of the process is sent to who asks for it`() throws {
        try ContainerFixture.with { fixture in
            let path = fixture.directory + "/pidfd.sock"
            let listener = try UnixSocket.listen(path: path)
            fixture.spec.process?.args = ["sleep", "1000"]
            try fixture.writeSpec()
            let words = ["run", "-d", "--pidfd-socket", path, "--bundle", fixture.directory, fixture.id]
            #expect(try fixture.runtime(words).code == 0)
            guard let connection = try UnixSocket.accept(listener) else {
                Issue.record("nobody connected")
                return
            }
            let channel = Channel(connection)
            var bytes = [UInt8](repeating: 0, count: 64)
            let (_, passed) = try bytes.withUnsafeMutableBytes { buffer in try channel.receive(into: buffer) }
            let process = FileDescriptor(owning: try #require(passed))
            #expect(try !hasEnded(process.rawValue))
            try sendSignal(SignalNumber.kill, to: process.rawValue)
            #expect(try waitUntilReadable(process.rawValue, milliseconds: 10_000))
        }
    }

    @Test func `a further process can run in a cgroup below the container's`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.namespaces.removeAll { $0.type == .cgroup }
            _ = try fixture.startSleeping()
            for name in try Directory.entries("/sys/fs/cgroup").filter(\.isDirectory).map(\.name) {
                let own = "/sys/fs/cgroup/\(name)\(fixture.cgroup)"
                guard Directory.exists(own) else { continue }
                try Directory.make(own + "/below")
                // A new cgroup of version 1 may use no CPU at first.
                for file in ["/cpuset.cpus", "/cpuset.mems"] {
                    guard let value = try? SmallFile.text(own + file) else { continue }
                    try SmallFile.write(value, to: own + "/below" + file)
                }
            }
            let outcome = try fixture.runtime(["exec", "--cgroup", "below", fixture.id, "/guest"])
            let seen = try ContainerFixture.observation(outcome)
            let pids = seen.cgroups.first { $0.contains(":pids:") || $0.hasPrefix("0::") }
            #expect(pids?.hasSuffix(fixture.cgroup + "/below") == true, "\(seen.cgroups)")
            let outside = try fixture.runtime(["exec", "--cgroup", "../..", fixture.id, "/guest"])
            #expect(outside.code == 255 && outside.errors.contains("expected a cgroup below the container's"))
        }
    }
}
