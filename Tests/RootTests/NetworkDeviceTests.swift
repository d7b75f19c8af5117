internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@Suite(.needsRoot) struct NetworkDeviceTests {
    /// Runs ip(8) on the host.
    private func ip(_ words: String) throws -> Int32 {
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        let process = try HostProgram.spawn(
            "/usr/sbin/ip", arguments: ["ip"] + words.split(separator: " ").map(String.init), environment: [],
            descriptors: [null.rawValue, null.rawValue, null.rawValue], session: true)
        return Int32(try ChildExit.wait(for: process).status)
    }

    /// Gives `body` the name of one end of a pair of virtual devices, which are gone afterwards.
    private func withDevice(_ body: (String) throws -> Void) throws {
        let name = "bt" + String(UInt32.random(in: 0 ... .max), radix: 36)
        try #require(try ip("link add \(name) type veth peer name \(name)p") == 0)
        defer { _ = try? ip("link del \(name)p") }
        try body(name)
    }

    private static let hasTool = (try? isExecutable("/usr/sbin/ip")) != nil

    @Test(.enabled(if: hasTool, "needs ip(8)"), arguments: [nil, "inner0"])
    func `a device moves into the container with its addresses, and is up`(name: String?) throws {
        try ContainerFixture.with { fixture in
            try withDevice { device in
                #expect(try ip("addr add 10.99.7.1/24 broadcast 10.99.7.255 dev \(device)") == 0)
                #expect(try ip("addr add fd00:99::1/64 dev \(device)") == 0)
                fixture.spec.linux?.netDevices = [device: LinuxNetDevice(name: name)]
                // By then it is there, so that its own parameters can be set.
                fixture.spec.linux?.sysctl = ["net/ipv4/conf/\(name ?? device)/forwarding": "1"]
                fixture.spec.process?.args = ["busybox", "ip", "addr", "show", "dev", name ?? device]
                let outcome = try fixture.run()
                #expect(outcome.output.contains("inet 10.99.7.1/24 brd 10.99.7.255"), "\(outcome.errors)")
                #expect(outcome.output.contains("inet6 fd00:99::1/64") && outcome.output.contains(",UP"))
            }
        }
    }

    @Test(.enabled(if: hasTool, "needs ip(8)")) func `a device moves into a mapped container, too`() throws {
        try ContainerFixture.with { fixture in
            try withDevice { device in
                let mapping = [LinuxIDMapping(containerID: 0, hostID: 100_000, size: 65_536)]
                fixture.spec.linux?.namespaces.append(LinuxNamespace(type: .user))
                fixture.spec.linux?.uidMappings = mapping
                fixture.spec.linux?.gidMappings = mapping
                let rootfs = try FileDescriptor.open(fixture.rootfs, .pathOnly)
                try changeOwner(of: rootfs.rawValue, uid: 100_000, gid: 100_000)
                fixture.spec.linux?.netDevices = [device: LinuxNetDevice()]
                fixture.spec.process?.args = ["ls", "/sys/class/net"]
                let outcome = try fixture.run()
                #expect(outcome.output.split { $0 == " " || $0 == "\n" }.contains(Substring(device)))
            }
        }
    }

    @Test func `a device that is not there is named, and nothing is left`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.netDevices = ["nosuch0": LinuxNetDevice()]
            let outcome = try fixture.run()
            #expect(
                outcome.code == 1 && outcome.errors.contains("linux.netDevices: netlink \"nosuch0\""),
                "\(outcome.errors)")
            #expect(outcome.errors.contains("no such device"))
            #expect(try fixture.leftovers().isEmpty)
        }
    }
}
