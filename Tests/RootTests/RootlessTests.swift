internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// The runtime of a user without rights, as rootless engines use it.
@Suite(.needsRoot) struct RootlessTests {
    private static let user: UInt32 = 4321

    /// Where the user's subordinate users and groups begin.
    private static let first: UInt32 = 300_000

    /// Gives everything to a user without rights, who starts the runtime from now on. He has a name, and subordinate
    /// users, in an /etc that nobody else sees.
    private func giveUp(_ fixture: inout ContainerFixture) throws {
        let directory = fixture.directory
        let user = Self.user
        let script = """
            #!/bin/sh
            mount --bind \(directory)/etc /etc && exec setpriv --reuid \(user) --regid \(user) --clear-groups -- "$@"
            """
        let prepared = try fixture.shell(
            """
            set -e
            cp -a /etc \(directory)/etc
            echo 'tenant:x:\(user):\(user)::/:/bin/sh' >> \(directory)/etc/passwd
            echo 'tenant:\(Self.first):1000' > \(directory)/etc/subuid
            echo 'tenant:\(Self.first):1000' > \(directory)/etc/subgid
            mkdir \(fixture.stateRoot)
            chown -R \(user):\(user) \(fixture.rootfs) \(fixture.stateRoot)
            """)
        try #require(prepared.code == 0, "\(prepared.log)")
        try SmallFile.replace(directory + "/as-user", with: Array((script + "\n").utf8), mode: 0o755)
        fixture.launcher = ["/usr/bin/unshare", "--mount", "--propagation", "private", directory + "/as-user"]
        fixture.spec.linux?.cgroupsPath = nil
        fixture.spec.linux?.namespaces.append(LinuxNamespace(type: .user))
        map(&fixture, [LinuxIDMapping(containerID: 0, hostID: user, size: 1)])
    }

    private func map(_ fixture: inout ContainerFixture, _ mappings: [LinuxIDMapping]) {
        fixture.spec.linux?.uidMappings = mappings
        fixture.spec.linux?.gidMappings = mappings
    }

    private static let ranges = [
        LinuxIDMapping(containerID: 0, hostID: user, size: 1),
        LinuxIDMapping(containerID: 1, hostID: first, size: 1000),
    ]

    @Test func `a user without rights is root in a container, and nobody else is in it`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            fixture.spec.process?.noNewPrivileges = false
            fixture.spec.process?.capabilities = CapabilitySets(
                bounding: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"])
            let seen = try fixture.observe()
            #expect(seen.mappings.map { $0.split(separator: " ") } == [["0", "4321", "1"], ["0", "4321", "1"]])
            #expect(seen.status["Uid"] == "0 0 0 0" && seen.status["CapEff"] == "0000000000200000")
            for kind in ["user", "pid", "net", "ipc", "uts", "mnt", "cgroup"] {
                let own = try readSymbolicLink("/proc/self/ns/" + kind, in: workingDirectory)
                #expect(seen.namespaces[kind] != own, "\(kind)")
            }
            #expect(Set(["null", "zero", "full", "random", "urandom", "tty", "ptmx", "fd"]).isSubset(of: seen.devices))
            #expect(seen.nodes["null"]?.hasPrefix("char 1:3 666 ") == true, "\(seen.nodes)")
            #expect(seen.hostname == "inside" && seen.loopback == "0x9")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `subordinate users are mapped by the host's own programs`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            map(&fixture, Self.ranges)
            fixture.spec.process?.user = User(uid: 5, gid: 6, additionalGids: [7])
            let seen = try fixture.observe()
            #expect(seen.status["Uid"] == "5 5 5 5" && seen.status["Gid"] == "6 6 6 6")
            #expect(seen.status["Groups"] == "7")
            #expect(seen.mappings.map { $0.split(separator: " ") }.contains(["1", "\(Self.first)", "1000"]))
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `users that are not the caller's are refused in the words of the host's program`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            map(&fixture, [LinuxIDMapping(containerID: 0, hostID: 0, size: 1000)])
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.errors.contains("linux.uidMappings: newuidmap: "), "\(outcome.errors)")
            #expect(outcome.errors.contains("not allowed"), "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a container of a user is entered, killed and removed`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            map(&fixture, Self.ranges)
            let pid = try fixture.startSleeping()
            for user in ["0", "5:5"] {
                let later = try fixture.runtime(["exec", "--user", user, "--cwd", "/tmp", fixture.id, "/guest"])
                let seen = try ContainerFixture.observation(later)
                for kind in ["user", "pid", "net", "ipc", "uts", "mnt", "cgroup"] {
                    let theirs = try readSymbolicLink("/proc/\(pid)/ns/\(kind)", in: workingDirectory)
                    #expect(seen.namespaces[kind] == theirs, "\(kind)")
                }
                #expect(seen.status["Uid"]?.hasPrefix(user.prefix(1) + " ") == true && seen.cwd == "/tmp")
                #expect(seen.isSessionLeader && Set(seen.descriptors.keys) == ["0", "1", "2"])
            }
            #expect(try fixture.runtime(["exec", fixture.id, "sh", "-c", "exit 7"]).code == 7)
            #expect(try fixture.runtime(["exec", fixture.id, "nowhere"]).code == 255)
            let process = try openProcess(pid)
            #expect(try fixture.runtime(["kill", "--all", fixture.id, "KILL"]).code == 0)
            #expect(try waitUntilReadable(process.rawValue, milliseconds: 60_000))
            #expect(try fixture.runtime(["delete", fixture.id]).code == 0)
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `what needs a cgroup is refused without one, and says so`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            _ = try fixture.startSleeping()
            for words in [["pause"], ["ps"], ["update", "--pids-limit", "5"], ["exec", "--cgroup", "below"]] {
                let outcome = try fixture.runtime(words + [fixture.id, "true"].prefix(words[0] == "exec" ? 2 : 1))
                #expect(outcome.code != 0 && outcome.errors.contains("no cgroup"), "\(words): \(outcome.errors)")
            }
            #expect(try fixture.runtime(["state", fixture.id]).output.contains(#""status": "running""#))
        }
    }

    @Test(arguments: ["limit", "path", "--rootless=false"])
    func `cgroups that are asked for must be there`(what: String) throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            switch what {
            case "limit":
                fixture.spec.linux?.resources = Resources()
                fixture.spec.linux?.resources?.pids = PidsResources(limit: 5)
            case "path":
                let path = fixture.cgroup
                fixture.spec.linux?.cgroupsPath = path
            default: break
            }
            try fixture.writeSpec()
            let flags = what.hasPrefix("--") ? [what] : []
            let outcome = try fixture.runtime(flags + ["run", "--bundle", fixture.directory, fixture.id])
            #expect(outcome.code == 1 && outcome.errors.contains("create cgroup: "), "\(outcome.errors)")
            #expect(outcome.errors.contains("permission denied"), "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `rules for devices alone ask for no cgroup`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            fixture.spec.linux?.resources = Resources()
            fixture.spec.linux?.resources?.devices = [DeviceRule(allow: false, access: "rwm")]
            #expect(try fixture.observe().status["Uid"] == "0 0 0 0")
        }
    }

    @Test func `without a user namespace a user is told that he needs one`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            fixture.spec.linux?.namespaces.removeAll { $0.type == .user }
            map(&fixture, [])
            let outcome = try fixture.run()
            #expect(outcome.errors.contains("linux.namespaces: a user without root's rights needs a namespace of type"))
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a namespace with one group only has no room for more`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            fixture.spec.process?.user = User(uid: 0, gid: 0, additionalGids: [1])
            let outcome = try fixture.run()
            #expect(outcome.errors.contains("process.user: ") && outcome.errors.contains("additionalGids: "))
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `limits and the oom score are set as far as a user may`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            fixture.spec.process?.oomScoreAdj = 321
            fixture.spec.process?.rlimits = [ResourceLimit(type: .openFiles, soft: 50, hard: 60)]
            _ = try fixture.startSleeping()
            let outcome = try fixture.runtime(["exec", fixture.id, "/guest"])
            let seen = try ContainerFixture.observation(outcome)
            #expect(seen.oomScoreAdjustment == "321")
            #expect(seen.limits["\(LimitedResource.openFiles.rawValue)"] == "50:60")
            #expect(try fixture.runtime(["delete", "--force", fixture.id]).code == 0)
            fixture.spec.process?.oomScoreAdj = -500
            let refused = try fixture.run()
            #expect(refused.code == 1 && refused.errors.contains("process.oomScoreAdj: "), "\(refused.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `clocks, volumes and masks are a user's, too`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            try makeDirectory(fixture.directory + "/volume", mode: 0o755)
            try SmallFile.replace(fixture.directory + "/volume/file", with: Array("text\n".utf8), mode: 0o644)
            fixture.spec.mounts.append(
                Mount(destination: "/volume", type: "bind", source: "volume", options: ["rbind", "ro"]))
            fixture.spec.linux?.maskedPaths = ["/proc/keys", "/tmp"]
            fixture.spec.linux?.readonlyPaths = ["/proc/sys"]
            fixture.spec.root?.readonly = true
            fixture.spec.linux?.namespaces.append(LinuxNamespace(type: .time))
            fixture.spec.linux?.timeOffsets = ["boottime": LinuxTimeOffset(secs: 10_000_000, nanosecs: 0)]
            fixture.spec.linux?.sysctl = ["net.ipv4.ip_unprivileged_port_start": "77"]
            fixture.spec.process?.args = [
                "sh", "-c",
                "cat /volume/file /proc/keys /proc/sys/net/ipv4/ip_unprivileged_port_start; ls -A /tmp;"
                    + " echo > /volume/x; echo > /x; cat /proc/uptime",
            ]
            let outcome = try fixture.run()
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.prefix(2) == ["text", "77"] && lines.count == 3, "\(outcome.output) \(outcome.errors)")
            let uptime = lines.last?.split(separator: " ").first.flatMap { Double($0) }
            #expect((uptime ?? 0) > 10_000_000)
            #expect(outcome.errors.components(separatedBy: "Read-only file system") == 3, "\(outcome.errors)")
        }
    }

    @Test func `the example for users without rights runs as it is`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            try fixture.shell("chown \(Self.user) \(fixture.directory)")
            #expect(try fixture.runtime(["spec", "--rootless", "--bundle", fixture.directory]).code == 0)
            let path = fixture.directory + "/config.json"
            fixture.spec = try Array(SmallFile.read(path)).withUnsafeBytes { try Spec(parsing: $0) }
            #expect(fixture.spec.linux?.uidMappings.first?.hostID == Self.user)
            fixture.spec.process?.terminal = false
            fixture.spec.process?.args = ["sh", "-c", "echo ran; id -u"]
            let outcome = try fixture.run()
            #expect(outcome.output == "ran\n0\n", "\(outcome.errors)")
        }
    }

    @Test func `the root of a user namespace runs containers without another one`() throws {
        try ContainerFixture.with { fixture in
            try giveUp(&fixture)
            fixture.launcher += ["/usr/bin/unshare", "--user", "--map-root-user", "--"]
            fixture.spec.linux?.namespaces.removeAll { $0.type == .user }
            map(&fixture, [])
            let seen = try fixture.observe()
            #expect(seen.status["Uid"] == "0 0 0 0" && seen.nodes["null"]?.hasPrefix("char 1:3 666 ") == true)
            #expect(seen.mappings.map { $0.split(separator: " ") } == [["0", "4321", "1"], ["0", "4321", "1"]])
            #expect(try fixture.leftovers().isEmpty)
        }
    }
}
