internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// What `exec` takes on the command line.
@Suite(.needsRoot) struct ExecTests {
    private func entered(_ fixture: ContainerFixture, _ options: String...) throws -> Observation {
        try ContainerFixture.observation(try fixture.runtime(["exec"] + options + [fixture.id, "/guest"]))
    }

    @Test func `user, groups, capabilities and new privileges are the options'`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.noNewPrivileges = false
            fixture.spec.process?.user = User(uid: 0, gid: 0, additionalGids: [40])
            _ = try fixture.startSleeping()
            let plain = try entered(fixture)
            #expect(plain.status["NoNewPrivs"] == "0" && plain.status["Groups"] == "40")
            let user = try entered(fixture, "--user", "12:34", "--additional-gids", "56", "-g", "78")
            #expect(user.status["Uid"] == "12 12 12 12" && user.status["Gid"] == "34 34 34 34")
            #expect(user.status["Groups"] == "40 56 78")
            let more = try entered(fixture, "--cap", "CAP_NET_RAW", "-c", "CAP_SETUID", "--no-new-privs")
            #expect(more.status["CapEff"] == "00000000000020a0", "CAP_KILL and both")
            #expect(more.status["CapBnd"] == "00000000000020a1" && more.status["NoNewPrivs"] == "1")
            #expect(more.status["CapInh"] == "0000000000000000")
            let unknown = try fixture.runtime(["exec", "--cap", "CAP_NONE", fixture.id, "true"])
            #expect(unknown.code == 255 && unknown.errors.contains("unknown capability \"CAP_NONE\""))
        }
    }

    @Test func `environment and working directory are the options'`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            let seen = try entered(fixture, "--env", "ONE=1", "-e", "MARK=there", "--cwd", "/etc")
            #expect(seen.environment.contains("ONE=1") && seen.environment.contains("MARK=there"))
            #expect(!seen.environment.contains("MARK=here") && seen.cwd == "/etc")
            let missing = try fixture.runtime(["exec", "--cwd", "/no/such", fixture.id, "true"])
            #expect(missing.code == 255 && missing.errors.contains("process.cwd: "), "\(missing.errors)")
            let relative = try fixture.runtime(["exec", "--cwd", "etc", fixture.id, "true"])
            #expect(relative.errors.contains("process.cwd: expected an absolute path, found \"etc\""))
        }
    }

    @Test func `a document says everything itself`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            var process = ProcessSpec()
            process.args = ["/guest", "from", "document"]
            process.cwd = "/tmp"
            process.env = ["ONLY=this"]
            process.user = User(uid: 9, gid: 8, umask: 0o077, additionalGids: [7])
            process.oomScoreAdj = 222
            process.rlimits = [ResourceLimit(type: .openFiles, soft: 33, hard: 44)]
            process.ioPriority = IOPriority(priorityClass: .idle, priority: 0)
            let path = fixture.directory + "/process.json"
            try SmallFile.replace(path, with: JSONWriter.bytes(of: process))
            let outcome = try fixture.runtime(["exec", "--process", path, fixture.id])
            let seen = try ContainerFixture.observation(outcome)
            #expect(seen.arguments == ["/guest", "from", "document"] && seen.cwd == "/tmp")
            #expect(seen.environment == ["ONLY=this", "HOME=/"])
            #expect(seen.status["Uid"] == "9 9 9 9" && seen.status["Groups"] == "7" && seen.status["Umask"] == "0077")
            #expect(seen.oomScoreAdjustment == "222")
            #expect(seen.limits["\(LimitedResource.openFiles.rawValue)"] == "33:44")
            #expect(seen.ioPriority == "\(3 << 13)", "idle: \(seen.ioPriority)")
            try SmallFile.replace(path, with: Array(#"{"cwd":"/","args":[]}"#.utf8))
            let nothing = try fixture.runtime(["exec", "-p", path, fixture.id])
            #expect(nothing.code == 255 && nothing.errors.contains("process.args: expected the program to run"))
        }
    }

    @Test func `a process that is not waited for is told by its file`() throws {
        try ContainerFixture.with { fixture in
            let pid = try fixture.startSleeping()
            let file = fixture.directory + "/exec.pid"
            let outcome = try fixture.runtime(["exec", "-d", "--pid-file", file, fixture.id, "sleep", "1000"])
            #expect(outcome.code == 0)
            let entered = try #require(Int32(try SmallFile.text(file)))
            #expect(try SmallFile.text("/proc/\(entered)/cmdline") == "sleep\u{0}1000\u{0}")
            let numbers = try fixture.runtime(["ps", "--format", "json", fixture.id]).output
            #expect(Set(numbers.split { !$0.isNumber }.map(String.init)) == ["\(pid)", "\(entered)"])
        }
    }

    @Test func `a paused container is entered only when that is asked for`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            #expect(try fixture.runtime(["pause", fixture.id]).code == 0)
            let refused = try fixture.runtime(["exec", fixture.id, "true"])
            #expect(refused.code == 255 && refused.errors.contains("is paused"), "\(refused.errors)")
            let file = fixture.directory + "/exec.pid"
            let null = try FileDescriptor.open("/dev/null", .readWrite)
            let process = try fixture.start(
                ["exec", "--ignore-paused", "--pid-file", file, fixture.id, "sh", "-c", "exit 9"],
                streams: [null.rawValue, null.rawValue, 2])
            let pidfd = try openProcess(process)
            #expect(try !waitUntilReadable(pidfd.rawValue, milliseconds: 300), "it stands still with the others")
            #expect(try fixture.runtime(["resume", fixture.id]).code == 0)
            #expect(try ChildExit.wait(for: process).status == 9)
        }
    }

    @Test func `descriptors are passed on as far as they are counted`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            let names = ["one", "two", "three"].map { fixture.directory + "/" + $0 }
            let files = try names.map { try FileDescriptor.open($0, [.writeOnly, .create], mode: 0o600).release() }
            defer { for file in files { _ = FileDescriptor(owning: file) } }
            let outcome = try fixture.runtime(
                ["exec", "--preserve-fds", "2", fixture.id, "/guest"], inheriting: files)
            let seen = try ContainerFixture.observation(outcome)
            #expect(seen.descriptors["3"] == names[0] && seen.descriptors["4"] == names[1])
            #expect(Set(seen.descriptors.keys) == ["0", "1", "2", "3", "4"])
        }
    }

    @Test func `labels that the host cannot enforce are refused`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            if !Directory.exists("/sys/module/apparmor") {
                let outcome = try fixture.runtime(["exec", "--apparmor", "tight", fixture.id, "true"])
                #expect(outcome.errors.contains("process.apparmorProfile: \"tight\": AppArmor is not enabled"))
            }
            if !Directory.exists("/sys/fs/selinux/booleans") {
                let outcome = try fixture.runtime(["exec", "--process-label", "u:r:t:s0", fixture.id, "true"])
                #expect(outcome.errors.contains("process.selinuxLabel: \"u:r:t:s0\": SELinux is not enabled"))
            }
        }
    }
}
