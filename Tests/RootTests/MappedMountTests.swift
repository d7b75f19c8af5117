internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@Suite(.needsRoot) struct MappedMountTests {
    private func addVolume(_ fixture: inout ContainerFixture, options: [String], mapped: Bool) throws {
        try makeDirectory(fixture.directory + "/data", mode: 0o755)
        try SmallFile.replace(fixture.directory + "/data/file", with: Array("text".utf8), mode: 0o644)
        let file = try FileDescriptor.open(fixture.directory + "/data/file", .pathOnly)
        try changeOwner(of: file.rawValue, uid: 7, gid: 8)
        var mount = Mount(destination: "/data", type: "bind", source: "data", options: options)
        if mapped {
            mount.uidMappings = [LinuxIDMapping(containerID: 0, hostID: 3000, size: 100)]
            mount.gidMappings = [LinuxIDMapping(containerID: 0, hostID: 4000, size: 100)]
        }
        fixture.spec.mounts.append(mount)
        fixture.spec.process?.args = ["sh", "-c", "stat -c '%u:%g' /data/file"]
    }

    @Test(arguments: [["bind"], ["bind", "idmap"], ["rbind", "ridmap"]])
    func `a mount's own mappings shift the owners of its files`(options: [String]) throws {
        try ContainerFixture.with { fixture in
            try addVolume(&fixture, options: options, mapped: true)
            let outcome = try fixture.run()
            #expect(outcome.output == "3007:4008\n", "\(outcome.errors)")
            let file = try FileDescriptor.open(fixture.directory + "/data/file", .pathOnly)
            let status = try FileStatus(of: file.rawValue)
            #expect(status.uid == 7, "on the host they are what they were")
        }
    }

    @Test func `idmap alone takes the mappings of the container`() throws {
        try ContainerFixture.with { fixture in
            try addVolume(&fixture, options: ["bind", "idmap"], mapped: false)
            let rootfs = try FileDescriptor.open(fixture.rootfs, .pathOnly)
            try changeOwner(of: rootfs.rawValue, uid: 100_000, gid: 100_000)
            let mapping = [LinuxIDMapping(containerID: 0, hostID: 100_000, size: 65_536)]
            fixture.spec.linux?.namespaces.append(LinuxNamespace(type: .user))
            fixture.spec.linux?.uidMappings = mapping
            fixture.spec.linux?.gidMappings = mapping
            let outcome = try fixture.run()
            #expect(outcome.output == "7:8\n", "\(outcome.errors)")
        }
    }

    @Test func `idmap without any mappings is refused by its place`() throws {
        try ContainerFixture.with { fixture in
            try addVolume(&fixture, options: ["bind", "idmap"], mapped: false)
            let outcome = try fixture.run()
            #expect(outcome.errors.contains("mounts[6].options: \"idmap\" needs uidMappings"), "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a file system that cannot be mapped is named`() throws {
        try ContainerFixture.with { fixture in
            var mount = Mount(destination: "/kernel", type: "bind", source: "/proc/sys", options: ["bind", "idmap"])
            mount.uidMappings = [LinuxIDMapping(containerID: 0, hostID: 3000, size: 100)]
            mount.gidMappings = mount.uidMappings
            fixture.spec.mounts.append(mount)
            let outcome = try fixture.run()
            #expect(
                outcome.errors.contains(
                    "mounts[6]: mount \"/kernel\": its file system, or one below it, cannot be ID-mapped"),
                "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test(arguments: [("rro", "ro"), ("rnosuid", "nosuid"), ("rnoexec", "noexec"), ("rnoatime", "noatime")])
    func `a recursive option holds for the mounts below, the plain one does not`(
        option: String, attribute: Substring
    ) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.mounts += [
                Mount(
                    destination: "/once", type: "bind", source: "/dev",
                    options: ["rbind", "suid", "exec", String(attribute)]),
                Mount(destination: "/all", type: "bind", source: "/dev", options: ["rbind", "suid", "exec", option]),
            ]
            let seen = try fixture.observe()
            let below = seen.mounts.map { String($0.split(separator: " ")[4]) }.filter { $0.hasPrefix("/all/") }
            #expect(!below.isEmpty)
            for path in ["/all"] + below {
                #expect(seen.mount(at: path)?.options.contains(attribute) == true, "\(path)")
            }
            #expect(seen.mount(at: "/once")?.options.contains(attribute) == true)
            let plain = below.map { "/once" + $0.dropFirst(4) }
            #expect(plain.contains { seen.mount(at: $0)?.options.contains(attribute) == false })
        }
    }

    @Test(arguments: [("shared", "shared:"), ("slave", "master:"), ("private", "-"), ("unbindable", "unbindable")])
    func `the root's propagation is the one asked for`(value: String, mark: String) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.rootfsPropagation = MountPropagation(rawValue: value)
            let seen = try fixture.observe()
            let root = try #require(seen.mounts.first { $0.split(separator: " ")[4] == "/" })
            let word = String(root.split(separator: " ")[6])
            #expect(word.hasPrefix(mark) || value == "slave" && word == "-", "\(root)")
        }
    }
}
