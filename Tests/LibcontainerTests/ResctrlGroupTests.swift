internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@testable internal import Libcontainer

/// Classes of service over a directory that stands for the kernel's file system: plain files with what it would show.
@Suite struct ResctrlGroupTests {
    private func configuration(
        _ closID: String? = nil, l3: String? = nil, bandwidth: String? = nil, schemata: [String] = [],
        monitoring: Bool = false
    ) -> LinuxIntelRDT {
        var result = LinuxIntelRDT()
        result.closID = closID
        result.l3CacheSchema = l3
        result.memBwSchema = bandwidth
        result.schemata = schemata
        result.enableMonitoring = monitoring
        return result
    }

    /// A class that is there, as the kernel pads its shares.
    private func makeClass(_ path: String, _ shares: String) throws {
        try makeDirectory(path, mode: 0o755)
        try makeDirectory(path + "/mon_groups", mode: 0o755)
        try SmallFile.replace(path + "/schemata", with: Array(shares.utf8))
        try SmallFile.replace(path + "/tasks", with: [])
    }

    private func group(_ configuration: LinuxIntelRDT, _ root: String) -> ResctrlGroup {
        ResctrlGroup(configuration, containerID: "demo", root: root)
    }

    @Test func `the file system is found in the mount table`() {
        let table = """
            22 1 0:20 / /sys rw,nosuid - sysfs sysfs rw
            31 22 0:27 / /sys/fs/resctrl rw,relatime shared:5 - resctrl resctrl rw
            """
        #expect(ResctrlGroup.mountPoint(in: table) == "/sys/fs/resctrl")
        #expect(ResctrlGroup.mountPoint(in: "22 1 0:20 / /resctrl rw - tmpfs resctrl rw") == nil)
    }

    @Test func `a container's own class has its ID, and a named one its name`() {
        let own = group(configuration(monitoring: true), "/r")
        #expect(own.directory == "/r/demo" && own.isOwn && own.monitor == "/r/demo/mon_groups/demo")
        let named = group(configuration("gold", monitoring: true), "/r")
        #expect(named.directory == "/r/gold" && !named.isOwn && named.monitor == "/r/gold/mon_groups/demo")
        #expect(group(configuration("gold"), "/r").monitor == nil)
        #expect(group(configuration(""), "/r").isOwn)
    }

    @Test func `shares are written as they are, bandwidth once, the lines of schemata last`() throws {
        try withScratchDirectory { root in
            try makeClass(root + "/demo", "")
            let wanted = configuration(l3: "L3:0=f\nMB:0=10", bandwidth: "MB:0=20", schemata: ["L2:0=3"])
            try group(wanted, root).create(wanted)
            #expect(try SmallFile.text(root + "/demo/schemata") == "L3:0=f\nMB:0=20\nL2:0=3\n")
            let less = configuration(l3: "L3:0=f\nMB:0=10")
            try group(less, root).update(less)
            #expect(try SmallFile.text(root + "/demo/schemata").hasPrefix("L3:0=f\nMB:0=10\n"))
        }
    }

    @Test func `a named class without a share must be there`() throws {
        try withScratchDirectory { root in
            let wanted = configuration("gold")
            let error = #expect(throws: ContainerError.self) { try group(wanted, root).create(wanted) }
            #expect(error?.message.contains("linux.intelRdt.closID: \"\(root)/gold\" is not there") == true)
            try makeClass(root + "/gold", "    L3:0=fffff\n")
            try group(wanted, root).create(wanted)
            #expect(try SmallFile.text(root + "/gold/schemata") == "    L3:0=fffff\n", "nothing is written")
            try makeDirectory(root + "/info", mode: 0o755)
            let none = configuration("info", l3: "L3:0=f")
            #expect(throws: ContainerError.self) { try group(none, root).create(none) }
        }
    }

    @Test(
        arguments: [
            ("L3:0=ff", nil, true), ("L3:0=0FF;1=f0", nil, true), ("L3:0=fe", nil, false), ("L3:2=ff", nil, false),
            (nil, "MB:0=20", true), (nil, "MB:0=30", false), ("L3:0=ff", "MB:1=70", true), ("L2:0=1", nil, false),
        ] as [(String?, String?, Bool)])
    func `a class that is there must have the share that is asked for`(
        l3: String?, bandwidth: String?, fits: Bool
    ) throws {
        try withScratchDirectory { root in
            let shares = "    MB:0=  20;1=  70\n    L3:0=000ff;1=000f0\n"
            try makeClass(root + "/gold", shares)
            let wanted = configuration("gold", l3: l3, bandwidth: bandwidth)
            if fits {
                try group(wanted, root).create(wanted)
            } else {
                let error = #expect(throws: ContainerError.self) { try group(wanted, root).create(wanted) }
                #expect(error?.message.contains("is there with another share") == true)
            }
            #expect(try SmallFile.text(root + "/gold/schemata") == shares)
        }
    }

    @Test func `processes join the class and its monitoring group, and what is the container's own goes`() throws {
        try withScratchDirectory { root in
            try makeClass(root + "/gold", "")
            let wanted = configuration("gold", monitoring: true)
            let group = group(wanted, root)
            try group.create(wanted)
            let monitor = try #require(group.monitor)
            #expect(Directory.exists(monitor))
            try SmallFile.replace(monitor + "/tasks", with: [])
            try group.add(4711)
            #expect(try SmallFile.text(root + "/gold/tasks") == "4711")
            #expect(try SmallFile.text(monitor + "/tasks") == "4711")
            try removeFile(monitor + "/tasks")
            try group.remove()
            #expect(!Directory.exists(monitor) && Directory.exists(root + "/gold"))
            try group.remove()
            let own = ResctrlGroup(configuration(), containerID: "demo", root: root)
            try own.create(configuration())
            #expect(Directory.exists(root + "/demo"))
            try own.remove()
            #expect(!Directory.exists(root + "/demo"))
        }
    }

    @Test func `a class that could not be given its share is gone again`() throws {
        try withScratchDirectory { root in
            // A new directory here has no file for shares, where the kernel's would refuse them.
            let wanted = configuration("gold", l3: "L3:0=f")
            try makeDirectory(root + "/info", mode: 0o755)
            try SmallFile.replace(root + "/info/last_cmd_status", with: Array("mask f has no bits in it\n".utf8))
            let error = #expect(throws: ContainerError.self) { try group(wanted, root).create(wanted) }
            #expect(error?.message.contains("linux.intelRdt: share \"L3:0=f\"") == true)
            #expect(error?.message.contains("(mask f has no bits in it)") == true, "the kernel's own words")
            #expect(!Directory.exists(root + "/gold"))
        }
    }
}
