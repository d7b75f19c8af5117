internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@Suite(.needsRoot) struct ProcessTests {
    @Test func `the program gets its arguments, environment and directory`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.args = ["/guest", "one", "two words", ""]
            fixture.spec.process?.cwd = "/made/on/demand"
            let seen = try fixture.observe()
            #expect(seen.arguments == ["/guest", "one", "two words", ""])
            #expect(seen.environment == ["PATH=/bin", "MARK=here", "HOME=/"])
            #expect(seen.cwd == "/made/on/demand")
            #expect(seen.isSessionLeader)
            #expect(seen.status["SigBlk"] == "0000000000000000")
        }
    }

    @Test func `all five capability sets are as they were asked for`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.user = User(uid: 1000, gid: 1000)
            fixture.spec.process?.capabilities = CapabilitySets(
                bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"], effective: ["CAP_KILL"],
                inheritable: ["CAP_CHOWN", "CAP_KILL"],
                permitted: ["CAP_CHOWN", "CAP_KILL"], ambient: ["CAP_CHOWN"])
            fixture.spec.process?.noNewPrivileges = false
            let seen = try fixture.observe()
            #expect(seen.status["CapBnd"] == "00000000000000a1")
            #expect(seen.status["CapInh"] == "0000000000000021")
            #expect(seen.status["CapAmb"] == "0000000000000001")
            // Without privileged bits on its file, a program of another user keeps the ambient ones.
            #expect(seen.status["CapPrm"] == "0000000000000001")
            #expect(seen.status["CapEff"] == "0000000000000001")
            #expect(seen.status["NoNewPrivs"] == "0")
        }
    }

    @Test func `an unknown capability is refused by name`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.capabilities?.bounding.append("CAP_NO_SUCH")
            let outcome = try fixture.run()
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("process.capabilities.bounding: unknown capability \"CAP_NO_SUCH\""))
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `user, groups and mode mask are as they were asked for`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.user = User(uid: 1234, gid: 5678, umask: 0o27, additionalGids: [7, 8])
            let seen = try fixture.observe()
            #expect(seen.status["Uid"] == "1234 1234 1234 1234")
            #expect(seen.status["Gid"] == "5678 5678 5678 5678")
            #expect(seen.status["Groups"] == "7 8")
            #expect(seen.status["Umask"] == "0027")
            #expect(seen.status["CapEff"] == "0000000000000000")
        }
    }

    @Test func `a numeric user is never taken for a name`() throws {
        try ContainerFixture.with { fixture in
            try SmallFile.replace(
                fixture.rootfs + "/etc/passwd",
                with: Array("1000:x:0:0::/root:/bin/sh\nu:x:1000:1000::/home/u:/bin/sh\n".utf8), mode: 0o644)
            fixture.spec.process?.user = User(uid: 1000, gid: 1000)
            let seen = try fixture.observe()
            #expect(seen.status["Uid"] == "1000 1000 1000 1000")
            #expect(seen.environment.contains("HOME=/home/u"))
        }
    }

    @Test func `limits, oom score and no_new_privs are set`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.rlimits = [ResourceLimit(type: .openFiles, soft: 100, hard: 200)]
            fixture.spec.process?.oomScoreAdj = 321
            let seen = try fixture.observe()
            #expect(seen.limits["\(LimitedResource.openFiles.rawValue)"] == "100:200")
            #expect(seen.oomScoreAdjustment == "321")
            #expect(seen.status["NoNewPrivs"] == "1")
        }
    }

    @Test func `a seccomp filter is in force, also for further processes`() throws {
        try ContainerFixture.with { fixture in
            var profile = SeccompProfile()
            profile.defaultAction = .allow
            var rule = SeccompRule()
            rule.names = ["mkdir", "mkdirat"]
            rule.action = .errno
            profile.syscalls = [rule]
            fixture.spec.linux?.seccomp = profile
            #expect(try fixture.observe().status["Seccomp"] == "2")
            _ = try fixture.startSleeping()
            let outcome = try fixture.runtime(["exec", fixture.id, "/guest"])
            #expect(try ContainerFixture.observation(outcome).status["Seccomp"] == "2")
        }
    }

    @Test func `a program that is not there is an error that says so, and leaves nothing`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.args = ["nowhere"]
            let outcome = try fixture.run()
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("exec: \"nowhere\": executable file not found in $PATH"))
            fixture.spec.process?.args = ["/etc"]
            #expect(try fixture.run().errors.contains("exec: \"/etc\": permission denied"))
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test(arguments: [0, 1, 42, 255] as [Int32])
    func `the exit code is passed through`(code: Int32) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.args = ["sh", "-c", "exit \(code)"]
            let outcome = try fixture.run()
            #expect(outcome.code == code)
            #expect(try fixture.leftovers().isEmpty)
        }
    }

    @Test func `a later process that names no capabilities has those of init`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            var process = ProcessSpec()
            process.args = ["/guest"]
            process.cwd = "/"
            // Without it, root's program would gain all of the bounding set.
            process.noNewPrivileges = true
            try SmallFile.replace(fixture.directory + "/process.json", with: JSONWriter.bytes(of: process))
            let outcome = try fixture.runtime(["exec", "--process", fixture.directory + "/process.json", fixture.id])
            let seen = try ContainerFixture.observation(outcome)
            #expect(seen.status["CapEff"] == "0000000000000020" && seen.status["CapBnd"] == "0000000000000021")
        }
    }

    @Test func `of a variable that is set twice the last value counts`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.env = ["A=1", "PATH=/nowhere", "B=2", "A=3", "PATH=/bin"]
            let seen = try fixture.observe()
            #expect(seen.environment == ["B=2", "A=3", "PATH=/bin", "HOME=/"])
        }
    }

    @Test func `no signal is ignored, neither by the caller's wish nor by its C library`() throws {
        try ContainerFixture.with { fixture in
            let seen = try fixture.observe()
            #expect(seen.status["SigIgn"] == "0000000000000000")
        }
    }

    @Test func `every limit is set`() throws {
        try ContainerFixture.with { fixture in
            let kinds: [ResourceLimitType] = [
                .addressSpace, .coreSize, .cpuTime, .dataSize, .fileSize, .locks, .lockedMemory, .messageQueues, .nice,
                .openFiles, .processes, .residentSet, .realtimePriority, .realtimeTime, .pendingSignals, .stackSize,
            ]
            let named: [LimitedResource] = [
                .addressSpace, .coreSize, .cpuTime, .dataSize, .fileSize, .locks, .lockedMemory, .messageQueues, .nice,
                .openFiles, .processes, .residentSet, .realtimePriority, .realtimeTime, .pendingSignals, .stackSize,
            ]
            #expect(Set(kinds) == Set(ResourceLimitType.allCases))
            let large: Set<ResourceLimitType> = [.addressSpace, .dataSize, .fileSize, .stackSize, .residentSet]
            // Below what the tests may have themselves, and different for each.
            var expected: [String: String] = [:]
            for (index, kind) in kinds.enumerated() {
                let own = try Kernel.limit(of: named[index]).hard
                let hard = min(own, UInt64(index + 40) << (large.contains(kind) ? 26 : 0))
                fixture.spec.process?.rlimits.append(ResourceLimit(type: kind, soft: hard - min(hard, 1), hard: hard))
                expected["\(named[index].rawValue)"] = "\(hard - min(hard, 1)):\(hard)"
            }
            #expect(try fixture.observe().limits == expected)
        }
    }

    @Test func `a capability that the runtime lacks is refused by its field, in the bounding set alone it is not`()
        throws
    {
        try ContainerFixture.with { fixture in
            fixture.launcher = ["/usr/bin/setpriv", "--bounding-set=-sys_time", "--"]
            fixture.spec.process?.capabilities?.permitted.append("CAP_SYS_TIME")
            fixture.spec.process?.capabilities?.bounding.append("CAP_SYS_TIME")
            let outcome = try fixture.run()
            #expect(
                outcome.code == 1
                    && outcome.errors.contains(
                        "process.capabilities.permitted: \"CAP_SYS_TIME\": the runtime does not hold this capability"),
                "\(outcome.errors)")
            #expect(try fixture.leftovers().isEmpty)
            fixture.spec.process?.capabilities?.permitted.removeLast()
            #expect(try fixture.observe().status["CapBnd"] == "0000000000000021")
        }
    }
}
