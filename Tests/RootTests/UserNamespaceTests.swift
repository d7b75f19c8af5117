internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@Suite(.needsRoot) struct UserNamespaceTests {
    private static let mapping = [LinuxIDMapping(containerID: 0, hostID: 100_000, size: 65_536)]

    /// Gives the container a new user namespace, and its root directory to that namespace's root.
    private func map(_ fixture: inout ContainerFixture) throws {
        for path in ["", "/tmp", "/etc"] {
            let directory = try FileDescriptor.open(fixture.rootfs + path, .pathOnly)
            try changeOwner(of: directory.rawValue, uid: 100_000, gid: 100_000)
        }
        fixture.spec.linux?.namespaces.append(LinuxNamespace(type: .user))
        fixture.spec.linux?.uidMappings = Self.mapping
        fixture.spec.linux?.gidMappings = Self.mapping
    }

    private func namespace(_ pid: Int32, _ kind: String) throws -> String {
        try readSymbolicLink("/proc/\(pid)/ns/\(kind)", in: workingDirectory)
    }

    @Test func `paths are masked and volumes bound that the mapped root could not reach`() throws {
        try ContainerFixture.with { fixture in
            try map(&fixture)
            try makeDirectory(fixture.directory + "/closed", mode: 0o700)
            try makeDirectory(fixture.directory + "/closed/volume", mode: 0o755)
            try SmallFile.replace(fixture.directory + "/closed/volume/file", with: Array("text\n".utf8), mode: 0o644)
            fixture.spec.mounts.append(
                Mount(destination: "/volume", type: "bind", source: "closed/volume", options: ["rbind", "ro"]))
            try makeDirectory(fixture.rootfs + "/secret", mode: 0o755)
            try SmallFile.replace(fixture.rootfs + "/secret/file", with: Array("x".utf8), mode: 0o644)
            fixture.spec.linux?.maskedPaths = ["/secret", "/proc/keys"]
            fixture.spec.linux?.readonlyPaths = ["/proc/sys"]
            fixture.spec.process?.args = [
                "sh", "-c", "cat /volume/file; ls -A /secret; cat /proc/keys; echo > /secret/x || echo sealed",
            ]
            let outcome = try fixture.run()
            #expect(outcome.output == "text\nsealed\n", "\(outcome.errors)")
        }
    }

    @Test func `the message queues belong to the root of the user namespace`() throws {
        try ContainerFixture.with { fixture in
            try map(&fixture)
            #expect(try fixture.observe().nodes["mqueue"] == "directory 1777 0:0")
        }
    }

    @Test func `what only the host's root may raise is raised`() throws {
        try ContainerFixture.with { fixture in
            try map(&fixture)
            // Where the tests themselves may not raise them, it is enough that the process has them.
            let mayRaise = try CapabilitySet.permittedNow().contains(.systemResource)
            let limit = try Kernel.limit(of: .openFiles).hard + (mayRaise ? 1 : 0)
            let score: Int32 = mayRaise ? -500 : 500
            fixture.spec.process?.oomScoreAdj = score
            fixture.spec.process?.rlimits = [ResourceLimit(type: .openFiles, soft: 100, hard: limit)]
            let seen = try fixture.observe()
            #expect(seen.oomScoreAdjustment == "\(score)")
            #expect(seen.limits["\(LimitedResource.openFiles.rawValue)"] == "100:\(limit)")
            _ = try fixture.startSleeping()
            let later = try ContainerFixture.observation(try fixture.runtime(["exec", fixture.id, "/guest"]))
            #expect(later.oomScoreAdjustment == "\(score)" && later.limits == seen.limits)
        }
    }

    @Test func `a user of the namespace can open its standard output again`() throws {
        try ContainerFixture.with { fixture in
            try map(&fixture)
            fixture.spec.process?.user = User(uid: 5, gid: 5)
            fixture.spec.process?.args = ["sh", "-c", "echo again > /dev/stdout"]
            let outcome = try fixture.run()
            #expect(outcome.output == "again\n", "\(outcome.output) \(outcome.errors)")
        }
    }

    @Test func `devices of the host are shown, and fifos made`() throws {
        try ContainerFixture.with { fixture in
            try map(&fixture)
            fixture.spec.linux?.devices = [
                LinuxDevice(path: "/dev/kmsg", type: .character, major: 1, minor: 11),
                LinuxDevice(path: "/dev/pipe", type: .fifo, fileMode: 0o600),
            ]
            fixture.spec.process?.args = ["sh", "-c", "stat -c '%F %t %T' /dev/kmsg /dev/pipe"]
            let outcome = try fixture.run()
            #expect(outcome.output == "character special file 1 b\nfifo 0 0\n", "\(outcome.errors)")
        }
    }

    @Test func `an existing user namespace is joined with the namespaces that belong to it`() throws {
        try ContainerFixture.with { fixture in
            try map(&fixture)
            let pid = try fixture.startSleeping()
            let user = try namespace(pid, "user")
            try ContainerFixture.with { other in
                try map(&other)
                let joined: [(LinuxNamespaceType, String)] = [(.user, "user"), (.network, "net"), (.ipc, "ipc")]
                other.spec.linux?.uidMappings = []
                other.spec.linux?.gidMappings = []
                other.spec.linux?.namespaces =
                    joined.map { LinuxNamespace(type: $0.0, path: "/proc/\(pid)/ns/\($0.1)") }
                    + [.pid, .mount, .uts, .cgroup].map { LinuxNamespace(type: $0) }
                let seen = try other.observe()
                for (_, name) in joined { #expect(try seen.namespaces[name] == namespace(pid, name), "\(name)") }
                for name in ["pid", "mnt", "uts"] {
                    #expect(try seen.namespaces[name] != namespace(pid, name), "\(name)")
                }
                #expect(seen.status["Uid"] == "0 0 0 0" && seen.hostname == "inside")
                _ = try other.startSleeping()
                let later = try ContainerFixture.observation(try other.runtime(["exec", other.id, "/guest"]))
                #expect(later.namespaces["user"] == user && later.status["Uid"] == "0 0 0 0")
            }
        }
    }

    @Test func `a new user namespace goes with a network namespace of the host's`() throws {
        try ContainerFixture.with { fixture in
            let pid = try fixture.startSleeping()
            try ContainerFixture.with { other in
                try map(&other)
                // sysfs needs a network namespace that belongs to the user namespace.
                other.spec.mounts.removeAll { $0.destination.hasPrefix("/sys") }
                other.spec.linux?.namespaces.removeAll { $0.type == .network }
                other.spec.linux?.namespaces.append(
                    LinuxNamespace(type: .network, path: "/proc/\(pid)/ns/net"))
                let seen = try other.observe()
                #expect(try seen.namespaces["net"] == namespace(pid, "net"))
                #expect(try seen.namespaces["user"] != namespace(pid, "user"))
                #expect(seen.status["Uid"] == "0 0 0 0" && seen.hostname == "inside")
            }
        }
    }

    @Test func `a namespace's path that is none is refused by its place`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.namespaces.append(LinuxNamespace(type: .user, path: "/etc/hostname"))
            let outcome = try fixture.run()
            #expect(
                outcome.errors.contains(
                    "linux.namespaces[6].path: \"/etc/hostname\": expected a namespace of type \"user\""),
                "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func `clocks in a time namespace are ahead, for later processes, too`(mapped: Bool) throws {
        try ContainerFixture.with { fixture in
            if mapped { try map(&fixture) }
            fixture.spec.linux?.namespaces.append(LinuxNamespace(type: .time))
            fixture.spec.linux?.timeOffsets = [
                "monotonic": LinuxTimeOffset(secs: 86_400, nanosecs: 5),
                "boottime": LinuxTimeOffset(secs: 10_000_000, nanosecs: 0),
            ]
            let pid = try fixture.startSleeping()
            let own = try readSymbolicLink("/proc/self/ns/time", in: workingDirectory)
            #expect(try namespace(pid, "time") != own)
            let outcome = try fixture.runtime(["exec", fixture.id, "cat", "/proc/self/timens_offsets", "/proc/uptime"])
            let words = outcome.output.split { $0 == " " || $0 == "\n" }.map(String.init)
            #expect(words.prefix(6) == ["monotonic", "86400", "5", "boottime", "10000000", "0"], "\(outcome.errors)")
            let uptime = try #require(words.dropFirst(6).first.flatMap { Double($0) })
            #expect(uptime > 10_000_000)
            #expect(try readSymbolicLink("/proc/self/ns/time", in: workingDirectory) == own)
        }
    }

    @Test func `an existing time namespace is joined by path`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.namespaces.append(LinuxNamespace(type: .time))
            let pid = try fixture.startSleeping()
            try ContainerFixture.with { other in
                other.spec.linux?.namespaces.append(LinuxNamespace(type: .time, path: "/proc/\(pid)/ns/time"))
                let seen = try other.observe()
                #expect(try seen.namespaces["time"] == namespace(pid, "time"))
            }
        }
    }
}
