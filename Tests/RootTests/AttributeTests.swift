internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// What the kernel keeps for a process beside its rights.
@Suite(.needsRoot) struct AttributeTests {
    /// The fields of /proc/PID/stat after the name: the first here is the third there.
    private func stat(_ pid: Int32) throws -> [String] {
        let text = try SmallFile.text("/proc/\(pid)/stat")
        return text[text.index(after: text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ").map(
            String.init)
    }

    @Test func `scheduling policy and priority are set, for later processes, too`() throws {
        try ContainerFixture.with { fixture in
            var scheduler = Scheduler()
            scheduler.policy = .batch
            scheduler.nice = -3
            fixture.spec.process?.scheduler = scheduler
            let fields = try stat(try fixture.startSleeping())
            #expect(fields[16] == "-3" && fields[38] == "3", "nice and policy: \(fields)")
            let later = try fixture.runtime(["exec", fixture.id, "cat", "/proc/self/stat"]).output.split(separator: " ")
            #expect(later[18] == "-3" && later[40] == "3")
        }
    }

    @Test func `a scheduling policy that the kernel refuses is an error that names the field`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.scheduler = Scheduler()
            fixture.spec.process?.scheduler?.policy = .deadline
            fixture.spec.process?.scheduler?.runtime = 5
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.errors.contains("process.scheduler"), "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `the I/O priority is set`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.ioPriority = IOPriority(priorityClass: .bestEffort, priority: 6)
            fixture.spec.process?.args = ["ionice"]
            let outcome = try fixture.run()
            #expect(outcome.output == "best-effort: prio 6\n", "\(outcome.output) \(outcome.errors)")
        }
    }

    @Test func `later processes run on the CPUs that they are given`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.execCPUAffinity = CPUAffinity()
            fixture.spec.process?.execCPUAffinity?.initial = "0"
            fixture.spec.process?.execCPUAffinity?.final = "0"
            let own = try SmallFile.text("/proc/self/status").split(separator: "\n").first {
                $0.hasPrefix("Cpus_allowed_list")
            }
            let pid = try fixture.startSleeping()
            #expect(try SmallFile.text("/proc/\(pid)/status").contains(try #require(own)), "init keeps what it has")
            let outcome = try fixture.runtime(["exec", fixture.id, "cat", "/proc/self/status"])
            #expect(outcome.output.contains("Cpus_allowed_list:\t0\n"), "\(outcome.errors)")
        }
    }

    @Test func `CPUs that no machine has are refused by their field`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.execCPUAffinity = CPUAffinity()
            fixture.spec.process?.execCPUAffinity?.final = "1-100000"
            _ = try fixture.startSleeping()
            let outcome = try fixture.runtime(["exec", fixture.id, "true"])
            #expect(outcome.errors.contains("process.execCPUAffinity.final"), "\(outcome.errors)")
        }
    }

    @Test func `the machine is what the personality says, for later processes, too`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.personality = LinuxPersonality(domain: .linux32)
            _ = try fixture.startSleeping()
            let outcome = try fixture.runtime(["exec", fixture.id, "uname", "-m"])
            #expect(outcome.output == "i686\n", "\(outcome.errors)")
            #expect(try fixture.runtime(["delete", "--force", fixture.id]).code == 0)
            fixture.spec.process?.args = ["uname", "-m"]
            #expect(try fixture.run().output == "i686\n")
        }
    }

    @Test func `memory comes from the nodes that the policy names`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.memoryPolicy = LinuxMemoryPolicy()
            fixture.spec.linux?.memoryPolicy?.mode = .bind
            fixture.spec.linux?.memoryPolicy?.nodes = "0"
            fixture.spec.linux?.memoryPolicy?.flags = [.staticNodes]
            _ = try fixture.startSleeping()
            let outcome = try fixture.runtime(["exec", fixture.id, "cat", "/proc/self/numa_maps"])
            #expect(outcome.output.contains(" bind=static:0 "), "\(outcome.output.prefix(200)) \(outcome.errors)")
        }
    }

    @Test func `a memory node that the machine does not have is an error`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.memoryPolicy = LinuxMemoryPolicy()
            fixture.spec.linux?.memoryPolicy?.mode = .bind
            fixture.spec.linux?.memoryPolicy?.nodes = "900"
            let outcome = try fixture.run()
            #expect(outcome.errors.contains("set memory policy \"MPOL_BIND\""), "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `labels of a security module that the host does not have are refused by their field`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.apparmorProfile = "some-profile"
            if !Directory.exists("/sys/module/apparmor") {
                let outcome = try fixture.run()
                #expect(outcome.errors.contains("process.apparmorProfile: \"some-profile\": AppArmor is not enabled"))
            }
            fixture.spec.process?.apparmorProfile = nil
            if !Directory.exists("/sys/fs/selinux/booleans") {
                fixture.spec.process?.selinuxLabel = "system_u:system_r:container_t:s0"
                let outcome = try fixture.run()
                #expect(
                    outcome.errors.contains("process.selinuxLabel: \"system_u:system_r:container_t:s0\": SELinux is"))
                fixture.spec.process?.selinuxLabel = nil
                fixture.spec.linux?.mountLabel = "system_u:object_r:container_file_t:s0"
                let mounts = try fixture.run()
                #expect(mounts.errors.contains("linux.mountLabel: \"system_u:object_r:container_file_t:s0\": SELinux"))
            }
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `cache allocation is refused where the host has none`() throws {
        try ContainerFixture.with { fixture in
            guard !Directory.exists("/sys/fs/resctrl/info") else { return }
            fixture.spec.linux?.intelRdt = LinuxIntelRDT()
            let outcome = try fixture.run()
            #expect(outcome.errors.contains("linux.intelRdt: the host has no resctrl file system"))
        }
    }

    @Test(
        arguments: [
            (SchedulerPolicy.other, 0, 7, "0 7 0"), (.batch, 0, 3, "3 3 0"), (.idle, 0, 0, "5 0 0"),
        ] as [(SchedulerPolicy, Int32, Int32, String)])
    func `each policy of ordinary scheduling is set`(
        policy: SchedulerPolicy, priority: Int32, nice: Int32, seen: String
    ) throws {
        try ContainerFixture.with { fixture in
            var scheduler = Scheduler()
            scheduler.policy = policy
            scheduler.nice = nice
            fixture.spec.process?.scheduler = scheduler
            let found = try fixture.observe().scheduling
            #expect(found == seen)
        }
    }

    @Test(arguments: [(SchedulerPolicy.fifo, "1"), (.roundRobin, "2")])
    func `real time is scheduled when there is some to have, and not handed on if told so`(
        policy: SchedulerPolicy, number: String
    ) throws {
        try ContainerFixture.with { fixture in
            var scheduler = Scheduler()
            scheduler.policy = policy
            scheduler.priority = 5
            scheduler.flags = [.resetOnFork]
            fixture.spec.process?.scheduler = scheduler
            if Directory.exists("/sys/fs/cgroup/cpu") {
                fixture.spec.linux?.resources = Resources()
                fixture.spec.linux?.resources?.cpu = CPUResources()
                fixture.spec.linux?.resources?.cpu?.realtimeRuntime = 5000
                fixture.spec.linux?.resources?.cpu?.realtimePeriod = 1_000_000
            }
            fixture.spec.process?.args = ["sh", "-c", "cat /proc/$$/stat; cat /proc/self/stat; true"]
            let outcome = try fixture.run()
            let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
            try #require(lines.count == 2, "\(outcome.errors)")
            #expect(lines[0][39] == "5" && lines[0][40] == number)
            #expect(lines[1][39] == "0" && lines[1][40] == "0", "a child is scheduled as usual")
        }
    }

    @Test(
        arguments: [
            (IOPriorityClass.realtime, 2, "realtime: prio 2\n"), (.bestEffort, 7, "best-effort: prio 7\n"),
            (.idle, 0, "idle\n"),
        ] as [(IOPriorityClass, Int32, String)])
    func `each class of I/O priority is set`(priorityClass: IOPriorityClass, level: Int32, told: String) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.ioPriority = IOPriority(priorityClass: priorityClass, priority: level)
            fixture.spec.process?.args = ["ionice"]
            let outcome = try fixture.run()
            #expect(outcome.output == told, "\(outcome.output) \(outcome.errors)")
        }
    }

    @Test(
        arguments: [
            (LinuxMemoryPolicyMode.interleave, [LinuxMemoryPolicyFlag](), "0", " interleave:0 "),
            (.preferred, [], "0", " prefer:0 "), (.preferredMany, [], "0", " prefer (many):0 "),
            (.local, [], nil, " local "), (.default, [], nil, " default "),
            (.bind, [.relativeNodes], "0", " bind=relative:0 "),
            (.bind, [.numaBalancing], "0", " bind=balancing:0 "),
        ] as [(LinuxMemoryPolicyMode, [LinuxMemoryPolicyFlag], String?, String)])
    func `each memory policy is set`(
        mode: LinuxMemoryPolicyMode, flags: [LinuxMemoryPolicyFlag], nodes: String?, shown: String
    ) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.memoryPolicy = LinuxMemoryPolicy()
            fixture.spec.linux?.memoryPolicy?.mode = mode
            fixture.spec.linux?.memoryPolicy?.flags = flags
            fixture.spec.linux?.memoryPolicy?.nodes = nodes
            fixture.spec.process?.args = ["cat", "/proc/self/numa_maps"]
            let outcome = try fixture.run()
            #expect(outcome.output.contains(shown), "\(outcome.output.prefix(200)) \(outcome.errors)")
        }
    }
}
