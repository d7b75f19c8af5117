internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@Suite(.needsRoot) struct MountTests {
    @Test func `mounts have the options that were asked for`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.root?.readonly = true
            let seen = try fixture.observe()
            #expect(seen.mount(at: "/")?.options.contains("ro") == true)
            let sys = try #require(seen.mount(at: "/sys"))
            #expect(sys.type == "sysfs" && sys.options.contains("ro") && sys.options.contains("nodev"))
            let dev = try #require(seen.mount(at: "/dev"))
            #expect(dev.type == "tmpfs" && dev.options.contains("nosuid") && dev.superOptions.contains("mode=755"))
            #expect(!dev.options.contains("relatime"), "strictatime")
            #expect(seen.mount(at: "/dev/pts")?.type == "devpts")
            #expect(seen.mount(at: "/dev/mqueue")?.type == "mqueue")
        }
    }

    @Test func `nothing of the host is mounted inside`() throws {
        try ContainerFixture.with { fixture in
            let seen = try fixture.observe()
            let own = Set(["/", "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys"])
            for line in seen.mounts {
                let path = String(line.split(separator: " ")[4])
                #expect(own.contains(path) || path.hasPrefix("/sys/fs/cgroup"), "\(line)")
            }
        }
    }

    @Test func `the default devices and links are there`() throws {
        try ContainerFixture.with { fixture in
            let seen = try fixture.observe()
            let expected: Set = [
                "null", "zero", "full", "random", "urandom", "tty", "ptmx", "fd", "stdin", "stdout", "stderr", "pts",
            ]
            #expect(expected.isSubset(of: Set(seen.devices)))
        }
    }

    @Test func `a bind mount shows the host's directory, read-only if asked`() throws {
        try ContainerFixture.with { fixture in
            try makeDirectory(fixture.directory + "/data", mode: 0o755)
            try SmallFile.replace(fixture.directory + "/data/file", with: Array("text".utf8))
            fixture.spec.mounts.append(
                Mount(destination: "/made/on/demand", type: "bind", source: "data", options: ["rbind", "ro", "nosuid"]))
            fixture.spec.process?.args = [
                "sh", "-c", "cat /made/on/demand/file; echo x > /made/on/demand/new && echo written",
            ]
            let outcome = try fixture.run()
            #expect(outcome.output == "text")
            #expect(outcome.errors.contains("Read-only file system"))
        }
    }

    @Test func `a tmpfs has the mode of the directory that it covers, and the kernel's where there was none`() throws {
        try ContainerFixture.with { fixture in
            try makeDirectory(fixture.rootfs + "/closed", mode: 0o750)
            for place in ["/closed", "/dev/shm", "/new"] {
                fixture.spec.mounts.append(Mount(destination: place, type: "tmpfs", source: "tmpfs"))
            }
            fixture.spec.process?.args = ["stat", "-c", "%a", "/closed", "/dev/shm", "/new"]
            #expect(try fixture.run().output == "750\n1777\n1777\n")
        }
    }

    @Test func `a file can be bound onto a file that is missing`() throws {
        try ContainerFixture.with { fixture in
            try SmallFile.replace(fixture.directory + "/hosts", with: Array("localhost".utf8))
            fixture.spec.mounts.append(
                Mount(
                    destination: "/etc/made/hosts", type: "bind", source: fixture.directory + "/hosts",
                    options: ["bind"]))
            fixture.spec.process?.args = ["cat", "/etc/made/hosts"]
            #expect(try fixture.run().output == "localhost")
        }
    }

    @Test func `a tmpfs begins with what it covers if asked`() throws {
        try ContainerFixture.with { fixture in
            try makeDirectory(fixture.rootfs + "/cover", mode: 0o750)
            try makeDirectory(fixture.rootfs + "/cover/sub", mode: 0o700)
            try SmallFile.replace(fixture.rootfs + "/cover/sub/file", with: Array("kept\n".utf8), mode: 0o640)
            fixture.spec.mounts.append(
                Mount(destination: "/cover", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "ro"]))
            fixture.spec.process?.args = ["sh", "-c", "cat /cover/sub/file; ls -ld /cover/sub; echo > /cover/x"]
            let outcome = try fixture.run()
            #expect(outcome.output.hasPrefix("kept\ndrwx------"), "\(outcome.output) \(outcome.errors)")
            #expect(outcome.errors.contains("Read-only file system"))
        }
    }

    @Test func `masked paths are empty and read-only paths refuse writes`() throws {
        try ContainerFixture.with { fixture in
            try makeDirectory(fixture.rootfs + "/secret", mode: 0o755)
            try SmallFile.replace(fixture.rootfs + "/secret/file", with: Array("x".utf8))
            try SmallFile.replace(fixture.rootfs + "/plain", with: Array("x".utf8))
            fixture.spec.linux?.maskedPaths = ["/secret", "/plain", "/proc/keys", "/not/there"]
            fixture.spec.linux?.readonlyPaths = ["/proc/sys", "/tmp"]
            fixture.spec.process?.args = [
                "sh", "-c", "ls -A /secret; cat /plain /proc/keys; ls -l /plain; echo x > /tmp/x; echo x > /secret/y",
            ]
            let outcome = try fixture.run()
            #expect(outcome.output.hasPrefix("crw-rw-rw-") && outcome.output.contains("1,   3"), "\(outcome.output)")
            #expect(outcome.errors.components(separatedBy: "Read-only file system") == 3)
        }
    }

    @Test func `the view of the cgroups is the container's own`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.resources = Resources()
            fixture.spec.linux?.resources?.pids = PidsResources(limit: 23)
            fixture.spec.process?.args = [
                "sh", "-c", "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null",
            ]
            let outcome = try fixture.run()
            #expect(outcome.output == "23\n")
        }
    }
}

extension String {
    /// The number of pieces that a separator leaves.
    func components(separatedBy separator: String) -> Int {
        var count = 1
        var rest = Substring(self)
        while let range = rest.firstRange(of: separator) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
