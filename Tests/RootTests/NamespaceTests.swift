internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@Suite(.needsRoot) struct NamespaceTests {
    @Test func `a container has every namespace it asks for to itself`() throws {
        try ContainerFixture.with { fixture in
            let seen = try fixture.observe()
            for kind in ["pid", "net", "ipc", "uts", "mnt", "cgroup"] {
                let own = try readSymbolicLink("/proc/self/ns/" + kind, in: workingDirectory)
                #expect(seen.namespaces[kind] != own, "\(kind)")
                #expect(seen.namespaces[kind] != nil)
            }
            #expect(seen.namespaces["user"] == (try readSymbolicLink("/proc/self/ns/user", in: workingDirectory)))
            #expect(seen.hostname == "inside")
            #expect(seen.loopback == "0x9", "up and loopback")
            #expect(
                seen.cgroups.allSatisfy { $0.hasSuffix(":/") }, "the cgroup namespace begins at the container's own")
        }
    }

    @Test func `without namespaces of its own a container shares the host's`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.hostname = nil
            fixture.spec.linux?.namespaces = [LinuxNamespace(type: .mount)]
            let seen = try fixture.observe()
            for kind in ["pid", "net", "ipc", "uts", "cgroup"] {
                #expect(seen.namespaces[kind] == (try readSymbolicLink("/proc/self/ns/" + kind, in: workingDirectory)))
            }
            #expect(seen.cgroups.contains { $0.hasSuffix(fixture.cgroup) })
        }
    }

    @Test func `namespaces of another container can be joined by path`() throws {
        try ContainerFixture.with { fixture in
            let pid = try fixture.startSleeping()
            try ContainerFixture.with { other in
                other.spec.hostname = nil
                let kinds: [(LinuxNamespaceType, String)] = [
                    (.pid, "pid"), (.network, "net"), (.ipc, "ipc"), (.uts, "uts"),
                ]
                other.spec.linux?.namespaces =
                    kinds.map { LinuxNamespace(type: $0.0, path: "/proc/\(pid)/ns/\($0.1)") }
                    + [LinuxNamespace(type: .mount)]
                let seen = try other.observe()
                for (_, name) in kinds {
                    let theirs = try readSymbolicLink("/proc/\(pid)/ns/\(name)", in: workingDirectory)
                    #expect(seen.namespaces[name] == theirs, "\(name)")
                }
                #expect(seen.hostname == "inside")
            }
        }
    }

    @Test func `a user namespace maps root to another user`() throws {
        try ContainerFixture.with { fixture in
            let rootfs = try FileDescriptor.open(fixture.rootfs, .pathOnly)
            try changeOwner(of: rootfs.rawValue, uid: 100_000, gid: 100_000)
            fixture.spec.linux?.namespaces.append(LinuxNamespace(type: .user))
            fixture.spec.linux?.uidMappings = [LinuxIDMapping(containerID: 0, hostID: 100_000, size: 65_536)]
            fixture.spec.linux?.gidMappings = [LinuxIDMapping(containerID: 0, hostID: 100_000, size: 65_536)]
            let seen = try fixture.observe()
            #expect(seen.status["Uid"] == "0 0 0 0")
            #expect(seen.namespaces["user"] != (try readSymbolicLink("/proc/self/ns/user", in: workingDirectory)))
            #expect(seen.devices.contains("null"))
        }
    }

    @Test func `sysctls are set in the container's namespaces`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.sysctl = ["net.ipv4.ip_unprivileged_port_start": "77", "kernel.shmmni": "1234"]
            fixture.spec.process?.args = [
                "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start", "/proc/sys/kernel/shmmni",
            ]
            let outcome = try fixture.run()
            #expect(outcome.output == "77\n1234\n", "\(outcome.errors)")
        }
    }

    @Test func `the domain name is the container's own`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.domainname = "example.org"
            let seen = try fixture.observe()
            #expect(seen.domainname == "example.org" && seen.hostname == "inside")
            #expect(try !SmallFile.text("/proc/sys/kernel/domainname").contains("example.org"))
        }
    }

    @Test func `sysctls of every namespace are set`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.sysctl = [
                "fs.mqueue.msg_max": "77", "kernel.msgmax": "9999", "kernel.domainname": "dom",
            ]
            fixture.spec.process?.args = [
                "cat", "/proc/sys/fs/mqueue/msg_max", "/proc/sys/kernel/msgmax", "/proc/sys/kernel/domainname",
            ]
            let outcome = try fixture.run()
            #expect(outcome.output == "77\n9999\ndom\n", "\(outcome.errors)")
        }
    }
}
