internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// Limits that a container has whatever its configuration leaves out, and configurations that are larger than usual.
@Suite(.needsRoot) struct LimitTests {
    /// `MAJOR MINOR` of a disk of the host's.
    private static func disk() throws -> String {
        for entry in try Directory.entries("/sys/class/block") {
            if let text = try? SmallFile.text("/sys/class/block/\(entry.name)/dev"), !entry.name.hasPrefix("loop") {
                return text.split(separator: "\n")[0].split(separator: ":").joined(separator: " ")
            }
        }
        throw AttackBundle.Failure(message: "the host has no block device")
    }

    @Test func `GHSA-g54h-m393-cpwq: without device rules, nothing but the default devices can be opened`() throws {
        try AttackBundle.with { bundle in
            let disk = try Self.disk()
            let script = "mknod /tmp/disk b \(disk) || true; dd if=/tmp/disk of=/tmp/copy bs=512 count=1 && echo opened"
            for resources in [nil, Resources()] {
                bundle.spec.linux?.resources = resources
                #expect(!(try bundle.run("sh", "-c", script).output.contains("opened")))
            }
            try bundle.start("sleep", "1000")
            #expect(!(try bundle.exec([], "sh", "-c", script).output.contains("opened")))
            try bundle.delete()
            // What is refused above is refused by nothing else.
            let numbers = disk.split(separator: " ").compactMap { Int64($0) }
            bundle.spec.linux?.resources = Resources()
            bundle.spec.linux?.resources?.devices = [
                DeviceRule(allow: true, type: .block, major: numbers[0], minor: numbers[1], access: "rm")
            ]
            #expect(try bundle.run("sh", "-c", script).output.contains("opened"))
        }
    }

    /// Every directory of the view of the cgroups is tried.
    private static let script = """
        for place in /sys/fs/cgroup /sys/fs/cgroup/*; do
            mkdir $place/made 2>/dev/null && echo made $place
            for file in cgroup.procs notify_on_release pids.max memory.max; do
                test -e $place/$file && echo 1 2>/dev/null > $place/$file && echo wrote $place/$file
            done
        done; test -d /sys/fs/cgroup/pids -o -e /sys/fs/cgroup/cgroup.procs && echo tried
        """

    @Test func `CVE-2023-25809: the cgroups cannot be written without a cgroup namespace`() throws {
        try AttackBundle.with { bundle in
            bundle.mount("/sys/fs/cgroup", type: "cgroup", source: "cgroup", ["ro", "nosuid", "noexec", "nodev"])
            #expect(try bundle.run("sh", "-c", Self.script).output == "tried\n")
            // As rootless engines configure it: in a user namespace, where mounts of the host's cgroups are refused.
            bundle.spec.linux?.namespaces.append(LinuxNamespace(type: .user))
            bundle.spec.linux?.uidMappings = [LinuxIDMapping(containerID: 0, hostID: 0, size: 65536)]
            bundle.spec.linux?.gidMappings = [LinuxIDMapping(containerID: 0, hostID: 0, size: 65536)]
            #expect(try bundle.run("sh", "-c", Self.script).output == "tried\n")
            bundle.unmount("/sys", "/sys/fs/cgroup")
            bundle.mount("/sys", type: "bind", source: "/sys", ["rbind", "ro", "rro"])
            let bound = try bundle.run("sh", "-c", Self.script)
            #expect(bound.output == "tried\n", "\(bound.errors)")
        }
    }

    @Test func `CVE-2021-43784: more mounts than fit into a message are all made`() throws {
        try AttackBundle.with { bundle in
            try makeDirectory(bundle.directory + "/data", mode: 0o755)
            let long = String(repeating: "long", count: 25)
            let count = 1000
            for number in 0..<count {
                bundle.mount(
                    "/tmp/\(long)/\(number)", type: "bind", source: bundle.directory + "/data", ["bind", "ro"])
            }
            try bundle.writeSpec()
            #expect(try SmallFile.read(bundle.directory + "/config.json").count > 2 << 16)
            let seen = try AttackBundle.observation(try bundle.run())
            #expect(seen.mounts.count { $0.contains(long) && $0.contains(" ro,") } == count)
        }
    }

    @Test(arguments: [100, 340, 341, 5000])
    func `CVE-2021-43784: ID maps are written whole or refused`(count: Int) throws {
        try AttackBundle.with { bundle in
            bundle.spec.linux?.namespaces.append(LinuxNamespace(type: .user))
            let maps = (0..<UInt32(count)).map { number in
                LinuxIDMapping(containerID: number, hostID: number == 0 ? 0 : 200_000 + 2 * number, size: 1)
            }
            bundle.spec.linux?.uidMappings = maps
            bundle.spec.linux?.gidMappings = maps
            let outcome = try bundle.run("cat", "/proc/self/uid_map", "/proc/self/gid_map")
            guard outcome.code == 0 else {
                #expect(outcome.output.isEmpty && count > 100, "\(outcome.errors)")
                return
            }
            #expect(outcome.output.split(separator: "\n").count == 2 * count)
        }
    }
}
