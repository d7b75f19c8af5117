internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// Attacks that other runtimes fell to.
@Suite(.needsRoot) struct ConfinementTests {
    @Test func `no descriptor of the creator is inherited`() throws {
        try ContainerFixture.with { fixture in
            let directory = try FileDescriptor.open("/", [.pathOnly, .directory])
            let extra = [directory.rawValue, directory.rawValue, directory.rawValue]
            let seen = try fixture.observe(inheriting: extra)
            #expect(Set(seen.descriptors.keys) == ["0", "1", "2"], "\(seen.descriptors)")
            _ = try fixture.startSleeping()
            let outcome = try fixture.runtime(["exec", fixture.id, "/guest"], inheriting: extra)
            #expect(Set(try ContainerFixture.observation(outcome).descriptors.keys) == ["0", "1", "2"])
        }
    }

    @Test func `a working directory that is a descriptor of the runtime is refused`() throws {
        try ContainerFixture.with { fixture in
            let host = try FileDescriptor.open("/", [.pathOnly, .directory])
            for number in 3...12 {
                fixture.spec.process?.cwd = "/proc/self/fd/\(number)"
                let outcome = try fixture.run(inheriting: [host.rawValue, host.rawValue])
                #expect(outcome.code == 1 && outcome.output.isEmpty, "\(number): \(outcome.output)")
            }
            fixture.spec.process?.cwd = "/"
            _ = try fixture.startSleeping()
            for number in 3...12 {
                let outcome = try fixture.runtime(
                    ["exec", "--cwd", "/proc/self/fd/\(number)", fixture.id, "/guest"], inheriting: [host.rawValue])
                #expect(outcome.code == 255 && outcome.output.isEmpty, "\(number): \(outcome.output)")
            }
        }
    }

    @Test func `inheritable capabilities are empty unless asked for`() throws {
        try ContainerFixture.with { fixture in
            #expect(try fixture.observe().status["CapInh"] == "0000000000000000")
            _ = try fixture.startSleeping()
            let outcome = try fixture.runtime(["exec", fixture.id, "/guest"])
            #expect(try ContainerFixture.observation(outcome).status["CapInh"] == "0000000000000000")
        }
    }

    @Test func `the runtime's program is on a read-only mount while it is inside`() throws {
        try ContainerFixture.with { fixture in
            try fixture.writeSpec()
            #expect(try fixture.runtime(["create", "--bundle", fixture.directory, fixture.id]).code == 0)
            let program = try FileDescriptor.open("/proc/\(try fixture.pid())/exe", .pathOnly)
            #expect(try isOnReadOnlyMount(program.rawValue))
            #expect(try fixture.runtime(["delete", "--force", fixture.id]).code == 0)
            var errno: Errno?
            do throws(SystemCallError) {
                _ = try FileDescriptor.open("/proc/self/fd/\(program.rawValue)", .writeOnly)
            } catch {
                errno = error.errno
            }
            #expect(
                errno == .readOnlyFilesystem || errno == Errno(rawValue: 26), "\(errno.map { "\($0)" } ?? "opened")")
        }
    }

    @Test(arguments: ["proc", "sys", "dev"])
    func `a link in place of a directory of the kernel's is refused`(name: String) throws {
        try ContainerFixture.with { fixture in
            try makeDirectory(fixture.rootfs + "/canary", mode: 0o755)
            let root = try FileDescriptor.open(fixture.rootfs, [.pathOnly, .directory])
            try makeSymbolicLink(name, in: root.rawValue, to: "/canary")
            if name == "dev" { fixture.spec.mounts.removeAll { $0.destination.hasPrefix("/dev") } }
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.errors.contains("\"/\(name)"), "\(outcome.errors)")
            #expect(try Directory.entries(fixture.rootfs + "/canary").isEmpty)
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a volume cannot be led onto procfs by a link`() throws {
        try ContainerFixture.with { fixture in
            let root = try FileDescriptor.open(fixture.rootfs, [.pathOnly, .directory])
            try makeSymbolicLink("innocent", in: root.rawValue, to: "/proc/sys")
            fixture.spec.mounts.append(Mount(destination: "/innocent", type: "tmpfs", source: "tmpfs"))
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.errors.contains("lies on a procfs"), "\(outcome.errors)")
        }
    }

    @Test func `mount targets that are links stay inside the root`() throws {
        try ContainerFixture.with { fixture in
            let canary = fixture.directory + "/canary"
            try makeDirectory(canary, mode: 0o755)
            let root = try FileDescriptor.open(fixture.rootfs, [.pathOnly, .directory])
            try makeSymbolicLink("up", in: root.rawValue, to: "../../../../../.." + canary)
            try makeSymbolicLink("abs", in: root.rawValue, to: canary)
            for name in ["/up/x", "/abs/y", "/abs"] {
                fixture.spec.mounts.append(Mount(destination: name, type: "tmpfs", source: "tmpfs"))
            }
            fixture.spec.linux?.maskedPaths = ["/up", "/abs/z"]
            _ = try fixture.observe()
            #expect(try Directory.entries(canary).isEmpty)
        }
    }

    @Test func `a console that is a link is refused`() throws {
        try ContainerFixture.with { fixture in
            try makeDirectory(fixture.rootfs + "/dev", mode: 0o755)
            try makeDirectory(fixture.rootfs + "/dev/pts", mode: 0o755)
            let dev = try FileDescriptor.open(fixture.rootfs + "/dev", [.pathOnly, .directory])
            try makeSymbolicLink("console", in: dev.rawValue, to: "/etc/console")
            fixture.spec.mounts.removeAll { $0.destination == "/dev" || $0.destination == "/dev/mqueue" }
            fixture.spec.process?.terminal = true
            try fixture.writeSpec()
            let path = fixture.directory + "/console.sock"
            let listener = try UnixSocket.listen(path: path)
            let outcome = try fixture.runtime([
                "create", "--bundle", fixture.directory, "--console-socket", path, fixture.id,
            ])
            #expect(
                outcome.code == 1 && outcome.errors.contains("set up console \"/dev/console\""), "\(outcome.errors)")
            #expect(try Directory.entries(fixture.rootfs + "/etc").isEmpty)
            #expect(listener.rawValue >= 0)
        }
    }

    @Test func `without a mount at dev the null device follows no link`() throws {
        try ContainerFixture.with { fixture in
            let canary = fixture.directory + "/canary"
            try SmallFile.replace(canary, with: [])
            try makeDirectory(fixture.rootfs + "/dev", mode: 0o755)
            try makeDirectory(fixture.rootfs + "/dev/pts", mode: 0o755)
            let dev = try FileDescriptor.open(fixture.rootfs + "/dev", [.pathOnly, .directory])
            for name in ["console", "null"] { try makeSymbolicLink(name, in: dev.rawValue, to: canary) }
            fixture.spec.mounts.removeAll { $0.destination == "/dev" || $0.destination == "/dev/mqueue" }
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.errors.contains("create device \"/dev/null\""), "\(outcome.errors)")
            #expect(try SmallFile.read(canary).isEmpty)
        }
    }
}
