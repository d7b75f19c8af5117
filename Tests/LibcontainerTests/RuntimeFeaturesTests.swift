internal import Kernel
internal import RuntimeSpec
internal import Testing

@testable internal import Libcontainer

@Suite struct RuntimeFeaturesTests {
    /// The options of config.md, "Linux mount options".
    private static let specified = """
        async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec
        noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime
        relatime remount rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate
        rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid
        symfollow sync tmpcopyup unbindable idmap ridmap
        """.split { $0 == " " || $0 == "\n" }.map(String.init)

    @Test func `every mount option of the specification is listed, in order and once`() {
        let listed = Features.ofRuntime().mountOptions
        #expect(Set(Self.specified).isSubset(of: listed), "\(Set(Self.specified).subtracting(listed))")
        #expect(listed == Set(listed).sorted())
    }

    @Test func `what is listed is understood, and what is not goes to the file system`() {
        let forFilesystem: Set = ["sync", "dirsync", "lazytime", "mand"]
        for name in Features.ofRuntime().mountOptions {
            #expect(
                MountOptions([name]).parameters.map(\.key) == (forFilesystem.contains(name) ? [name] : []), "\(name)")
        }
        #expect(MountOptions(["size=1m", "rfrob"]).parameters.map(\.key) == ["size", "rfrob"])
    }

    @Test func `what the kernel and the library know is listed`() throws {
        let features = Features.ofRuntime()
        let linux = try #require(features.linux)
        #expect(linux.namespaces.count == LinuxNamespaceType.allCases.count)
        #expect(linux.cgroup?.v1 == true && linux.cgroup?.v2 == true && linux.cgroup?.systemd == true)
        let seccomp = try #require(linux.seccomp)
        #expect(!seccomp.supportedFlags.isEmpty)
        #expect(seccomp.supportedFlags.allSatisfy(seccomp.knownFlags.contains))
        #expect(linux.intelRdt?.enabled == true && linux.intelRdt?.schemata == true)
        #expect(linux.memoryPolicy?.modes == LinuxMemoryPolicyMode.allCases)
        #expect(linux.mountExtensions?.idmap?.enabled == true && linux.netDevices?.enabled == true)
        #expect(Set(linux.capabilities) == Set(CapabilitySet.names) && features.hooks.count == 6)
        #expect(features.ociVersionMin == "1.0.0" && features.ociVersionMax == Features.specification)
    }
}
