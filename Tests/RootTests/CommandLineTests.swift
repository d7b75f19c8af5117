internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// The command line, as engines and people write it for runc.
@Suite(.needsRoot) struct CommandLineTests {
    @Test func `errors are told in the forms that engines read`() throws {
        try ContainerFixture.with { fixture in
            let plain = try fixture.runtime(["state", "nobody"])
            #expect(plain.code == 1 && plain.output.isEmpty)
            #expect(plain.log.hasPrefix("time=\"20"))
            #expect(plain.log.contains("level=error msg=\"container \\\"nobody\\\" does not exist\""))
            let log = fixture.directory + "/log.json"
            let logged = try fixture.runtime(["--log", log, "--log-format", "json", "state", "nobody"])
            #expect(logged.errors == "container \"nobody\" does not exist\n")
            let line = try SmallFile.text(log)
            #expect(line.hasPrefix(#"{"level":"error","msg":"container \"nobody\" does not exist","time":"20"#))
            #expect(line.hasSuffix("Z\"}\n"))
            let other = try fixture.runtime(["--log-format=xml", "state", "nobody"])
            #expect(other.code == 1 && other.errors.contains("invalid log-format"))
            _ = try fixture.runtime(["--debug", "--log=\(log)", "list"])
            #expect(try SmallFile.text(log).contains("level=debug msg="))
        }
    }

    @Test func `options are taken in every form, also after the container`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.args = ["sleep", "1000"]
            try fixture.writeSpec()
            let pidFile = fixture.directory + "/pid"
            for (index, words) in [
                ["run", "-bundle=" + fixture.directory, "-d", "ID"],
                ["run", "--detach=true", "-b", fixture.directory, "--pid-file=" + pidFile, "ID"],
                ["run", "ID", "--bundle", fixture.directory, "--detach"],
            ].enumerated() {
                let cgroup = "\(fixture.cgroup)-\(index)"
                fixture.spec.linux?.cgroupsPath = cgroup
                try fixture.writeSpec()
                let id = "\(fixture.id)-\(index)"
                let outcome = try fixture.runtime(words.map { $0 == "ID" ? id : $0 })
                #expect(outcome.code == 0, "\(words): \(outcome.errors)")
                #expect(try fixture.runtime(["kill", id, "KILL", "--all"]).code == 0)
                #expect(try fixture.runtime(["delete", id, "-f"]).code == 0)
            }
            #expect(Int32(try SmallFile.text(pidFile)) != nil)
        }
    }

    @Test func `exit codes are runc's`() throws {
        try ContainerFixture.with { fixture in
            func code(_ arguments: String...) throws -> Int32 { try fixture.runtime(arguments).code }
            _ = try fixture.startSleeping()
            #expect(try code("no-such-command") == 3)
            #expect(try code("state") == 1)
            #expect(try code("state", fixture.id, "more") == 1)
            #expect(try code("state", "--no-such-option", fixture.id) == 1)
            #expect(try code("--help") == 0)
            #expect(try code("exec", "--help") == 0)
            #expect(try code("exec", fixture.id, "sh", "-c", "exit 7") == 7)
            #expect(try code("exec", fixture.id, "sh", "-c", "kill -9 $$") == 137)
            #expect(try code("exec", fixture.id, "no-such-program") == 255)
            #expect(try code("exec", "nobody", "true") == 255)
            #expect(try code("exec", fixture.id) == 255)
            #expect(try code("delete", "nobody") == 1)
            #expect(try code("delete", "--force", "nobody") == 0)
        }
    }

    @Test func `a container that has ended is refused in the words that engines look for`() throws {
        try ContainerFixture.with { fixture in
            let pid = try fixture.startSleeping()
            #expect(try fixture.runtime(["resume", fixture.id]).errors.contains("container not paused"))
            let process = try openProcess(pid)
            #expect(try fixture.runtime(["kill", fixture.id, "KILL"]).code == 0)
            #expect(try waitUntilReadable(process.rawValue, milliseconds: 10_000))
            for words in [["kill", "ID"], ["pause", "ID"], ["exec", "ID", "true"], ["events", "ID"]] {
                let outcome = try fixture.runtime(words.map { $0 == "ID" ? fixture.id : $0 })
                #expect(outcome.code != 0 && outcome.errors.contains("container not running"), "\(words)")
            }
        }
    }

    @Test func `containers are listed as a table, as JSON and by their IDs`() throws {
        try ContainerFixture.with { fixture in
            #expect(try fixture.runtime(["list", "-f", "json"]).output == "null\n")
            let pid = try fixture.startSleeping()
            #expect(try fixture.runtime(["list", "-q"]).output == fixture.id + "\n")
            let table = try fixture.runtime(["list"]).output.split(separator: "\n").map { $0.split(separator: " ") }
            #expect(table[0] == ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"])
            #expect(table[1][..<4] == [fixture.id[...], "\(pid)", "running", fixture.directory[...]])
            #expect(table[1].last == "root")
            let json = try fixture.runtime(["list", "--format", "json"]).output
            #expect(json.hasPrefix(#"[{"ociVersion":"1.2.0","id":"\#(fixture.id)","pid":\#(pid),"status":"running""#))
            #expect(try fixture.runtime(["list", "-f", "yaml"]).code == 1)
        }
    }

    @Test func `processes are listed by the host's ps, or by number`() throws {
        try ContainerFixture.with { fixture in
            let pid = try fixture.startSleeping()
            #expect(try fixture.runtime(["ps", "-f", "json", fixture.id]).output == "[\(pid)]\n")
            let lines = try fixture.runtime(["ps", fixture.id, "-o", "pid,args"]).output.split(separator: "\n")
            #expect(lines.count == 2 && lines[0].contains("PID COMMAND"))
            #expect(lines.last?.hasSuffix("\(pid) sleep 1000") == true)
        }
    }

    @Test func `limits are changed by options and by a document`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            let words = ["--memory", "64M", "--cpu-share=512", "--pids-limit", "33", "--cpu-quota", "50000"]
            #expect(try fixture.runtime(["update"] + words + [fixture.id]).code == 0)
            let resources = fixture.directory + "/resources.json"
            try SmallFile.replace(resources, with: Array(#"{"memory":{"reservation":33554432}}"#.utf8))
            #expect(try fixture.runtime(["update", fixture.id, "-r", resources]).code == 0)
            let usage = try fixture.runtime(["events", "--stats", fixture.id]).output
            #expect(usage.contains(#""usage":{"limit":67108864,"#))
            #expect(usage.contains(#""limit":33}"#))
            #expect(try fixture.runtime(["update", "--memory", "much", fixture.id]).errors.contains("expected bytes"))
        }
    }

    @Test func `use and want of memory are told until the container ends`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.resources = Resources()
            fixture.spec.linux?.resources?.memory = MemoryResources()
            fixture.spec.linux?.resources?.memory?.limit = 16 << 20
            fixture.spec.linux?.resources?.memory?.swap = 16 << 20
            // The watcher comes first, or it would miss what it is there for.
            fixture.spec.process?.args = ["sh", "-c", "sleep 1; tail /dev/zero; sleep 1"]
            try fixture.writeSpec()
            #expect(try fixture.runtime(["run", "-d", "-b", fixture.directory, fixture.id]).code == 0)
            let lines = try fixture.runtime(["events", "--interval", "300ms", fixture.id]).output.split(separator: "\n")
            #expect(lines.count >= 4)
            #expect(lines.filter { $0.hasPrefix(#"{"type":"stats","id":"\#(fixture.id)","data":{"cpu":"#) }.count >= 3)
            #expect(lines.contains(#"{"type":"oom","id":"\#(fixture.id)"}"#), "\(lines)")
        }
    }

    @Test func `the example's container runs, also the one for users without rights`() throws {
        try ContainerFixture.with { fixture in
            #expect(try fixture.runtime(["spec", "-b", fixture.directory]).code == 0)
            let path = fixture.directory + "/config.json"
            var spec = try Array(SmallFile.read(path)).withUnsafeBytes { try Spec(parsing: $0) }
            #expect(spec.process?.terminal == true)
            spec.process?.terminal = false
            spec.process?.args = ["sh", "-c", "echo ran"]
            spec.linux?.cgroupsPath = fixture.cgroup
            fixture.spec = spec
            #expect(try fixture.run().output == "ran\n")
            #expect(try fixture.runtime(["spec", "--bundle", fixture.directory]).code == 1)
            try removeFile(path)
            #expect(try fixture.runtime(["spec", "--rootless", "--bundle", fixture.directory]).code == 0)
            let rootless = try Array(SmallFile.read(path)).withUnsafeBytes { try Spec(parsing: $0) }
            #expect(rootless.linux?.namespaces.contains { $0.type == .user } == true)
            #expect(rootless.linux?.namespaces.contains { $0.type == .network } == false)
            #expect(rootless.linux?.uidMappings == [LinuxIDMapping(containerID: 0, hostID: 0, size: 1)])
        }
    }
}
