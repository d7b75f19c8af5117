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
}
