import Foundation
import Glibc
import Kernel
import RuntimeSpec
import Testing

@testable import Cgroups

@Suite(.serialized, .needsLegacyControllers) struct CgroupManagerTests {
    @Test func `limits reach the kernel`() throws {
        let cgroup = try LiveCgroup()
        var resources = Resources()
        resources.memory = MemoryResources()
        resources.memory?.limit = 64 << 20
        resources.memory?.reservation = 32 << 20
        resources.cpu = CPUResources()
        resources.cpu?.shares = 512
        resources.cpu?.quota = 50_000
        resources.cpu?.period = 100_000
        resources.cpu?.cpus = "0"
        resources.pids = PidsResources(limit: 7)
        try cgroup.manager.apply(resources)
        #expect(try cgroup.text("memory", "memory.limit_in_bytes") == "\(64 << 20)\n")
        #expect(try cgroup.text("memory", "memory.soft_limit_in_bytes") == "\(32 << 20)\n")
        #expect(try cgroup.text("cpu", "cpu.shares") == "512\n")
        #expect(try cgroup.text("cpu", "cpu.cfs_quota_us") == "50000\n")
        #expect(try cgroup.text("cpuset", "cpuset.cpus") == "0\n")
        #expect(try cgroup.text("pids", "pids.max") == "7\n")
        resources.memory?.limit = -1
        resources.pids?.limit = -1
        try cgroup.manager.update(resources)
        #expect(try cgroup.text("pids", "pids.max") == "max\n")
        #expect(try cgroup.text("memory", "memory.limit_in_bytes") != "\(64 << 20)\n")
    }

    @Test func `memory and swap limits move up and down together`() throws {
        let cgroup = try LiveCgroup()
        try #require(cgroup.manager.directory(of: "memory")?.has("memory.memsw.limit_in_bytes") == true)
        for megabytes: Int64 in [32, 256, 16] {
            var resources = Resources()
            resources.memory = MemoryResources()
            resources.memory?.limit = megabytes << 20
            resources.memory?.swap = megabytes << 21
            try cgroup.manager.update(resources)
            #expect(try cgroup.text("memory", "memory.limit_in_bytes") == "\(megabytes << 20)\n")
            #expect(try cgroup.text("memory", "memory.memsw.limit_in_bytes") == "\(megabytes << 21)\n")
        }
    }

    @Test func `a limit without its controller is refused by the field's name`() throws {
        let cgroup = try LiveCgroup()
        try #require(cgroup.manager.directory(of: "hugetlb") == nil)
        var resources = Resources()
        resources.hugepageLimits = [HugepageLimit(pageSize: "2MB", limit: 0)]
        let error = #expect(throws: CgroupError.self) { try cgroup.manager.apply(resources) }
        #expect(
            error?.description == "linux.resources.hugepageLimits[0]: the host cannot enforce it: "
                + "no cgroup controller \"hugetlb\" is mounted")
    }

    @Test func `a value that the kernel refuses is told with the field`() throws {
        let cgroup = try LiveCgroup()
        var resources = Resources()
        resources.cpu = CPUResources()
        resources.cpu?.cpus = "4000"
        let error = #expect(throws: CgroupError.self) { try cgroup.manager.apply(resources) }
        #expect(error?.description.hasPrefix("linux.resources.cpu.cpus: write ") == true)
    }

    @Test func `without rules only the default devices can be opened`() throws {
        let cgroup = try LiveCgroup()
        try cgroup.manager.apply(Resources())
        let node = NSTemporaryDirectory() + "/berth-node-" + UUID().uuidString
        // Major 1, minor 11 is kmsg, which root may read.
        try #require(mknod(node, S_IFCHR | 0o600, makedev(1, 11)) == 0)
        defer { unlink(node) }
        #expect(try cgroup.status("exec 3< /dev/null") == 0)
        #expect(try cgroup.status("exec 3< \(node)") != 0)
        var resources = Resources()
        resources.devices = [DeviceRule(allow: true, type: .character, major: 1, minor: 11, access: "r")]
        try cgroup.manager.update(resources)
        #expect(try cgroup.status("exec 3< \(node)") == 0)
        #expect(try cgroup.status("exec 3> \(node)") != 0)
        #expect(try cgroup.status("exec 3< /dev/null") == 0)
        try cgroup.manager.apply(Resources())
        #expect(try cgroup.status("exec 3< \(node)") != 0)
    }

    @Test func `a privileged container opens all but what later rules forbid`() throws {
        let cgroup = try LiveCgroup()
        let node = NSTemporaryDirectory() + "/berth-node-" + UUID().uuidString
        try #require(mknod(node, S_IFCHR | 0o600, makedev(1, 11)) == 0)
        defer { unlink(node) }
        var resources = Resources()
        resources.devices = [DeviceRule(allow: true)]
        try cgroup.manager.apply(resources)
        #expect(try cgroup.status("exec 3< \(node)") == 0)
        resources.devices.append(DeviceRule(allow: false, type: .character, major: 1, minor: 11))
        try cgroup.manager.apply(resources)
        #expect(try cgroup.status("exec 3< \(node)") != 0)
    }

    @Test func `frozen processes stand still until they are thawed`() throws {
        let cgroup = try LiveCgroup()
        let process = try cgroup.run("while :; do :; done")
        try cgroup.manager.freeze()
        #expect(try cgroup.manager.freezerState == .frozen)
        let before = try ticks(process.processIdentifier)
        usleep(50_000)
        #expect(try ticks(process.processIdentifier) == before)
        try cgroup.manager.thaw()
        #expect(try cgroup.manager.freezerState == .thawed)
        #expect(try eventually { try ticks(process.processIdentifier) > before })
    }

    @Test(arguments: [true, false]) func `kill reaches every process, frozen or forking`(unified: Bool) throws {
        let cgroup = try LiveCgroup()
        let process = try cgroup.run("while :; do sleep 1000 & sleep 0.01; done")
        #expect(try eventually { try cgroup.manager.pids().count > 5 })
        var paths = cgroup.manager.paths
        if !unified { paths[""] = nil }
        let manager = try CgroupManager(loading: paths)
        try manager.freeze()
        try manager.kill()
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
        #expect(try eventually { try cgroup.manager.pids().isEmpty })
    }

    @Test func `a thread that joins by itself is in every version 1 cgroup`() throws {
        let cgroup = try LiveCgroup()
        let join = try cgroup.manager.openJoin(includingUnified: false)
        let memberships = Box("")
        let done = withExtendedLifetime(join) { onThread(join, memberships) }
        #expect(done)
        for hierarchy in try CgroupLayout.discover().hierarchies {
            let path = try #require(cgroup.manager.paths[hierarchy.controllers[0]])
            let relative = path.dropFirst(hierarchy.mountPoint.count)
            #expect(memberships.value.contains(":\(hierarchy.controllers.joined(separator: ",")):\(relative)\n"))
        }
    }

    @Test func `removal takes nested cgroups along and may be repeated`() throws {
        let cgroup = try LiveCgroup()
        let memory = try #require(cgroup.manager.paths["memory"])
        try FileManager.default.createDirectory(atPath: memory + "/a/b", withIntermediateDirectories: true)
        try cgroup.manager.remove()
        #expect(!cgroup.manager.exists)
        try cgroup.manager.remove()
    }

    @Test func `removal waits for processes that are about to end`() throws {
        let cgroup = try LiveCgroup()
        let process = try cgroup.run("sleep 0.3")
        try cgroup.manager.remove()
        #expect(!cgroup.manager.exists)
        process.waitUntilExit()
    }

    @Test func `cgroups in use are not taken over, empty ones are`() throws {
        let cgroup = try LiveCgroup()
        try cgroup.manager.create()
        _ = try cgroup.run("sleep 1000")
        let error = #expect(throws: CgroupError.self) { try cgroup.manager.create() }
        #expect(error?.description.contains("is in use, by 1 processes") == true)
        #expect(cgroup.manager.exists)
    }

    @Test func `a state file's paths lead to the same cgroups`() throws {
        let cgroup = try LiveCgroup()
        let loaded = try CgroupManager(loading: cgroup.manager.paths)
        #expect(loaded.paths == cgroup.manager.paths && loaded.mode == cgroup.manager.mode)
        #expect(throws: CgroupError.self) { try CgroupManager(loading: ["memory": "/sys/fs/cgroup/../x"]) }
    }

    @Test func `statistics count what the container did`() throws {
        let cgroup = try LiveCgroup()
        var resources = Resources()
        resources.pids = PidsResources(limit: 50)
        resources.memory = MemoryResources()
        resources.memory?.limit = 128 << 20
        try cgroup.manager.apply(resources)
        _ = try cgroup.run("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 1000")
        #expect(
            try eventually {
                guard case .legacy(let statistics) = try cgroup.manager.statistics() else { return false }
                return (statistics.cpu?.total ?? 0) > 1_000_000 && statistics.pids?.current == 2
            })
        guard case .legacy(let statistics) = try cgroup.manager.statistics() else { return }
        #expect(statistics.pids?.limit == 50 && statistics.memory?.usage?.limit == 128 << 20)
        #expect((statistics.memory?.usage?.usage ?? 0) > 0 && statistics.memory?.hierarchicalMemoryLimit == 128 << 20)
        #expect(statistics.cpu?.perCPU.reduce(0, +) ?? 0 > 0)
    }

    @Test func `a kill for want of memory is noticed`() throws {
        let cgroup = try LiveCgroup()
        var resources = Resources()
        resources.memory = MemoryResources()
        resources.memory?.limit = 16 << 20
        resources.memory?.swap = 16 << 20
        try cgroup.manager.apply(resources)
        guard var notifier = try cgroup.manager.oomNotifier() else {
            Issue.record("no notifier")
            return
        }
        #expect(notifier.killsSinceLast() == 0)
        // Without a line's end, tail keeps everything.
        _ = try cgroup.status("head -c 200000000 /dev/zero | tail > /dev/null")
        #expect(try waitUntilReadable(notifier.descriptor.rawValue, milliseconds: 10_000))
        #expect(notifier.killsSinceLast() >= 1)
        #expect(notifier.killsSinceLast() == 0)
    }
}

private func ticks(_ process: Int32) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    let fields = text[text.index(after: text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
}

private func makedev(_ major: UInt, _ minor: UInt) -> UInt {
    major << 8 | minor
}

private final class Box<Value> {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}

/// Joins on a thread of its own, so that the tests stay where they are.
private func onThread(_ join: borrowing CgroupJoin, _ memberships: Box<String>) -> Bool {
    withUnsafePointer(to: join) { pointer in
        final class Work {
            let join: UnsafePointer<CgroupJoin>
            var memberships = ""

            init(_ join: UnsafePointer<CgroupJoin>) {
                self.join = join
            }
        }
        let work = Work(pointer)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
                if (try? work.join.pointee.joinSelf()) != nil {
                    work.memberships = (try? SmallFile.text("/proc/thread-self/cgroup")) ?? ""
                }
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        pthread_join(thread, nil)
        memberships.value = work.memberships
        return !work.memberships.isEmpty
    }
}
