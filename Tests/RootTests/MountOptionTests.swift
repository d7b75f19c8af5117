internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// Every option of a mount that the specification lists, by what the kernel says of the mount.
@Suite(.needsRoot) struct MountOptionTests {
    /// Options, and what is among the mount's own then, and what is not.
    private static let cases: [(options: [String], has: [String], lacks: [String])] = [
        (["ro"], ["ro"], ["rw"]), (["ro", "rw"], ["rw"], ["ro"]),
        (["nosuid"], ["nosuid"], []), (["nosuid", "suid"], [], ["nosuid"]),
        (["nodev"], ["nodev"], []), (["nodev", "dev"], [], ["nodev"]),
        (["noexec"], ["noexec"], []), (["noexec", "exec"], [], ["noexec"]),
        (["noatime"], ["noatime"], ["relatime"]), (["noatime", "atime"], ["relatime"], ["noatime"]),
        (["relatime"], ["relatime"], []), (["noatime", "relatime"], ["relatime"], ["noatime"]),
        (["strictatime"], [], ["relatime", "noatime"]), (["norelatime"], [], ["relatime", "noatime"]),
        (["strictatime", "nostrictatime"], ["relatime"], []),
        (["nodiratime"], ["nodiratime"], []), (["nodiratime", "diratime"], [], ["nodiratime"]),
        (["nosymfollow"], ["nosymfollow"], []), (["nosymfollow", "symfollow"], [], ["nosymfollow"]),
        (["defaults", "loud", "silent"], ["rw", "relatime"], []),
    ]

    @Test(arguments: ["tmpfs", "bind"])
    func `a flag is set, and the later one of two wins`(type: String) throws {
        try ContainerFixture.with { fixture in
            try makeDirectory(fixture.directory + "/volume", mode: 0o755)
            for (index, one) in Self.cases.enumerated() {
                fixture.spec.mounts.append(
                    Mount(
                        destination: "/m\(index)", type: type, source: type == "bind" ? "volume" : "tmpfs",
                        options: (type == "bind" ? ["bind"] : []) + one.options))
            }
            let seen = try fixture.observe()
            for (index, one) in Self.cases.enumerated() {
                let options = try #require(seen.mount(at: "/m\(index)")).options.map(String.init)
                for flag in one.has { #expect(options.contains(flag), "\(one.options): \(options)") }
                for flag in one.lacks { #expect(!options.contains(flag), "\(one.options): \(options)") }
            }
        }
    }

    /// A bind of a tree of two mounts, of which the one below has the flags that are to be cleared.
    @Test(
        arguments: [
            (["rnosuid"], ["nosuid"], [], []), (["rnodev"], ["nodev"], [], []), (["rnoexec"], ["noexec"], [], []),
            (["rro"], ["ro"], [], []), (["rnoatime"], ["noatime"], [], ["relatime"]),
            (["rnodiratime"], ["nodiratime"], [], []), (["rnosymfollow"], ["nosymfollow"], [], []),
            (["rstrictatime"], [], ["noatime"], ["relatime", "noatime"]), (["rnorelatime"], [], [], ["relatime"]),
            (["rsuid"], [], ["nosuid"], ["nosuid"]), (["rdev"], [], ["nodev"], ["nodev"]),
            (["rexec"], [], ["noexec"], ["noexec"]), (["rrw"], ["rw"], ["ro"], ["ro"]),
            (["ratime"], ["relatime"], ["noatime"], ["noatime"]),
            (["rrelatime"], ["relatime"], ["noatime"], ["noatime"]),
            (["rnostrictatime"], ["relatime"], ["strictatime"], []),
            (["rdiratime"], [], ["nodiratime"], ["nodiratime"]), (["rsymfollow"], [], ["nosymfollow"], ["nosymfollow"]),
        ] as [([String], [String], [String], [String])])
    func `a recursive option reaches the mounts below`(
        options: [String], has: [String], below: [String], lacks: [String]
    ) throws {
        try ContainerFixture.with { fixture in
            let volume = fixture.directory + "/volume"
            try makeDirectory(volume, mode: 0o755)
            let outcome = try fixture.shell(
                """
                mount -t tmpfs -o mode=755 outer \(volume) && mkdir \(volume)/below &&
                mount -t tmpfs \((below.isEmpty ? "" : "-o " + below.joined(separator: ","))) inner \(volume)/below
                """)
            defer { _ = try? fixture.shell("umount -R \(volume)") }
            try #require(outcome.code == 0, "\(outcome.log)")
            fixture.spec.mounts.append(
                Mount(destination: "/volume", type: "bind", source: "volume", options: ["rbind"] + options))
            let seen = try fixture.observe()
            let found = try #require(seen.mount(at: "/volume/below")).options.map(String.init)
            for flag in has { #expect(found.contains(flag), "\(found)") }
            for flag in lacks { #expect(!found.contains(flag), "\(found)") }
        }
    }

    @Test(arguments: [("sync", "sync"), ("dirsync", "dirsync"), ("lazytime", "lazytime")])
    func `what the file system itself is to do is told to it`(option: String, shown: Substring) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.mounts += [
                Mount(destination: "/with", type: "tmpfs", source: "tmpfs", options: [option, "size=64k"]),
                Mount(
                    destination: "/without", type: "tmpfs", source: "tmpfs",
                    options: ["async", "nolazytime", "nomand", "iversion", "noiversion"]),
            ]
            let seen = try fixture.observe()
            let with = try #require(seen.mount(at: "/with"))
            #expect(with.superOptions.contains(shown) && with.superOptions.contains("size=64k"), "\(with)")
            let without = try #require(seen.mount(at: "/without"))
            #expect(!without.superOptions.contains(shown))
        }
    }

    @Test(arguments: ["shared", "slave", "private", "unbindable"])
    func `propagation is a mount's own, or that of all below`(kind: String) throws {
        try ContainerFixture.with { fixture in
            let volume = fixture.directory + "/volume"
            try makeDirectory(volume, mode: 0o755)
            // Shared on the host, so that a slave has a master.
            let outcome = try fixture.shell(
                """
                mount -t tmpfs -o mode=755 outer \(volume) && mkdir \(volume)/below &&
                mount -t tmpfs inner \(volume)/below && mount --make-rshared \(volume)
                """)
            defer { _ = try? fixture.shell("umount -R \(volume)") }
            try #require(outcome.code == 0, "\(outcome.log)")
            fixture.spec.mounts += [
                Mount(destination: "/one", type: "bind", source: "volume", options: ["rbind", kind]),
                Mount(destination: "/all", type: "bind", source: "volume", options: ["rbind", "r" + kind]),
            ]
            let seen = try fixture.observe()
            let mark = ["shared": "shared:", "slave": "master:", "private": "-", "unbindable": "unbindable"][kind]!
            for place in ["/one", "/all", "/all/below"] {
                let line = try #require(seen.mounts.last { $0.split(separator: " ")[4] == place })
                #expect(line.split(separator: " ")[6].hasPrefix(mark), "\(line)")
            }
        }
    }

    @Test func `a remount changes the flags of what is mounted already`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.mounts += [
                Mount(destination: "/plain", type: "tmpfs", source: "tmpfs", options: ["size=64k"]),
                Mount(destination: "/plain", type: "tmpfs", source: "tmpfs", options: ["remount", "ro", "nosuid"]),
            ]
            let seen = try fixture.observe()
            #expect(seen.mounts.count { $0.split(separator: " ")[4] == "/plain" } == 1, "nothing is mounted over it")
            let mount = try #require(seen.mount(at: "/plain"))
            #expect(mount.options.contains("ro") && mount.options.contains("nosuid"))
            #expect(mount.superOptions.contains("size=64k"))
            fixture.spec.mounts[fixture.spec.mounts.count - 1].destination = "/tmp"
            let outcome = try fixture.run()
            #expect(outcome.errors.contains("mount \"/tmp\": nothing is mounted there to be remounted"))
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `an option that the file system does not know is an error that names the mount`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.mounts.append(
                Mount(destination: "/plain", type: "tmpfs", source: "tmpfs", options: ["frobnicate"]))
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.errors.contains("mounts[6]: mount \"/plain\""), "\(outcome.errors)")
            #expect(outcome.errors.contains("frobnicate"), "\(outcome.errors)")
        }
    }

    @Test(arguments: [("rshared", "shared:"), ("rslave", "master:"), ("rprivate", "-"), ("runbindable", "unbindable")])
    func `the root's propagation reaches the mounts below`(value: String, mark: String) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.rootfsPropagation = MountPropagation(rawValue: value)
            let seen = try fixture.observe()
            for place in ["/", "/proc", "/dev", "/sys"] {
                let line = try #require(seen.mounts.last { $0.split(separator: " ")[4] == place })
                let word = String(line.split(separator: " ")[6])
                #expect(word.hasPrefix(mark) || value == "rslave" && word == "-", "\(line)")
            }
        }
    }

    @Test func `without pivot_root the host's root is out of sight as well`() throws {
        try ContainerFixture.with { fixture in
            try fixture.writeSpec()
            let outcome = try fixture.runtime(["run", "--no-pivot", "--bundle", fixture.directory, fixture.id])
            let seen = try ContainerFixture.observation(outcome)
            #expect(seen.mount(at: "/dev/pts")?.type == "devpts" && seen.devices.contains("null"))
            let own = ["/", "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys"]
            for line in seen.mounts {
                let place = String(line.split(separator: " ")[4])
                #expect(own.contains(place) || place.hasPrefix("/sys/fs/cgroup"), "\(line)")
            }
        }
    }
}
