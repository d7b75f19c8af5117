internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// What criu is asked for. See `images/rpc.proto` of criu for the fields' numbers.
@Suite(.needsRoot) struct CheckpointTests {
    private static let everyFlag = [
        "--tcp-established", "--ext-unix-sk", "--shell-job", "--lazy-pages", "--file-locks", "--manage-cgroups-mode",
        "strict", "--empty-ns", "network", "--auto-dedup",
    ]

    /// A container with a bind mount and a masked path, and a criu that stands in.
    private func with(_ body: (inout ContainerFixture, CriuStandIn) throws -> Void) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.mounts.append(
                Mount(
                    destination: "/tmp/bound", type: "bind", source: fixture.directory + "/rootfs/etc",
                    options: ["bind"]))
            fixture.spec.linux?.maskedPaths = ["/proc/keys"]
            try body(&fixture, CriuStandIn(in: fixture.directory))
        }
    }

    private func checkpoint(
        _ fixture: ContainerFixture, _ criu: CriuStandIn, _ flags: [String] = []
    ) throws -> ContainerFixture.Outcome {
        try fixture.runtime(
            ["--criu", criu.path, "checkpoint", "--image-path", criu.imagePath, "--work-path", criu.workPath] + flags
                + [fixture.id])
    }

    private func restore(
        _ fixture: ContainerFixture, _ criu: CriuStandIn, _ flags: [String] = []
    ) throws -> ContainerFixture.Outcome {
        try fixture.runtime(
            [
                "--criu", criu.path, "restore", "--detach", "--bundle", fixture.directory, "--image-path",
                criu.imagePath, "--work-path", criu.workPath,
            ] + flags + [fixture.id])
    }

    private func status(_ fixture: ContainerFixture) throws -> String {
        let output = try fixture.runtime(["state", fixture.id]).output
        return output.split(separator: "\"").adjacentPairs { $0 == "status" && $1 == ": " } ?? output
    }

    @Test func `a checkpoint asks criu for what every flag stands for, and stops the container`() throws {
        try with { fixture, criu in
            let pid = try fixture.startSleeping()
            try criu.end(pid)
            let outcome = try checkpoint(
                fixture, criu, Self.everyFlag + ["--parent-path", "../before", "--page-server", "10.0.0.1:7"])
            #expect(outcome.code == 0, "\(outcome.errors)")
            let options = try criu.options(of: "dump")
            #expect(options[2] == [.number(UInt64(pid))])
            for flag: UInt64 in [4, 5, 7, 8, 12, 15, 16, 24, 48, 50] {
                #expect(options[flag] == [.number(1)], "\(flag)")
            }
            for flag: UInt64 in [3, 6, 26] { #expect(options[flag] == nil, "\(flag)") }
            #expect(options[10] == [.text("dump.log")])
            #expect(try options[11]?.first?.fields() == [1: [.text("10.0.0.1")], 2: [.number(7)]])
            #expect(options[13] == [.text(fixture.rootfs)])
            #expect(options[14] == [.text("../before")])
            #expect(options[34] == [.number(5)])
            #expect(options[38] == [.number(0x4000_0000)])
            #expect(options[51] == [.text("/etc/criu/runc.conf")])
            let mounts = try options[23]?.map { try $0.fields() }
            #expect(
                mounts == [
                    [1: [.text("/tmp/bound")], 2: [.text("/tmp/bound")]],
                    [1: [.text("/proc/keys")], 2: [.text("berth-masked-file")]],
                ])
            guard case .text(let freezer)? = options[44]?.first else {
                throw ContainerFixture.Failure(message: "no freezer")
            }
            #expect(freezer.hasSuffix(fixture.cgroup))
            #expect(try SmallFile.text(criu.imagePath + "/descriptors.json").contains("file["))
            #expect(try status(fixture) == "stopped")
        }
    }

    @Test func `a container is left running when that is asked for, and after a pre-dump`() throws {
        try with { fixture, criu in
            _ = try fixture.startSleeping()
            let outcome = try checkpoint(fixture, criu, ["--leave-running"])
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(try criu.options(of: "dump")[3] == [.number(1)])
            let before = try checkpoint(fixture, criu, ["--pre-dump"])
            #expect(before.code == 0, "\(before.errors)")
            #expect(try criu.options(of: "pre-dump")[23] == nil)
            #expect(try status(fixture) == "running")
        }
    }

    @Test func `a checkpoint that fails tells criu's reason, and the container goes on`() throws {
        try with { fixture, criu in
            _ = try fixture.startSleeping()
            try criu.fail(because: "it cannot be")
            let outcome = try checkpoint(fixture, criu)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("checkpoint failed: it cannot be: see \"\(criu.workPath)/dump.log\""))
            #expect(try status(fixture) == "running")
        }
    }

    @Test func `without criu, and with one that is too old, the error says so`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            let old = try CriuStandIn(in: fixture.directory, version: (3, 14))
            #expect(
                try checkpoint(fixture, old).errors.contains("is too old: version 3.15 or later is needed, found 3.14"))
            let missing = try fixture.runtime(["--criu", "no-criu", "checkpoint", fixture.id])
            #expect(missing.code == 1 && missing.errors.contains("\"no-criu\" is not in PATH: install criu"))
            #expect(
                try fixture.runtime(["--criu", "/nowhere", "checkpoint", fixture.id]).errors.contains("\"/nowhere\""))
        }
    }

    @Test(arguments: [
        ["--manage-cgroups-mode", "odd"], ["--empty-ns", "pid"], ["--page-server", "x"], ["--page-server", "x:0"],
        ["--parent-path", "/absolute"],
    ])
    func `flags that make no sense are refused`(flags: [String]) throws {
        try with { fixture, criu in
            let outcome = try checkpoint(fixture, criu, flags)
            #expect(outcome.code == 1 && outcome.errors.contains("option \"\(flags[0])\": expected"))
        }
    }

    @Test func `a restore puts criu into the container's cgroups and tells it where everything is`() throws {
        try with { fixture, criu in
            try fixture.writeSpec()
            try makeDirectory(criu.imagePath, mode: 0o755)
            try SmallFile.replace(
                criu.imagePath + "/descriptors.json", with: Array(#"{"streams": ["file[1:2]", "pipe:[3]", "/x"]}"#.utf8)
            )
            let pidFile = fixture.directory + "/pid"
            let outcome = try restore(
                fixture, criu, Self.everyFlag + ["--pid-file", pidFile, "--lsm-profile", "apparmor:a", "--no-pivot"])
            #expect(outcome.code == 0, "\(outcome.errors)")
            let options = try criu.options(of: "restore")
            for flag: UInt64 in [4, 5, 6, 7, 8, 12, 16, 24, 26, 48, 50] {
                #expect(options[flag] == [.number(1)], "\(flag)")
            }
            #expect(options[10] == [.text("restore.log")])
            let root = fixture.stateRoot + "/" + fixture.id
            #expect(options[13] == [.text(root + "/criu-root")])
            #expect(options[53] == [.text("apparmor:a")])
            let inherited = try options[27]?.map { try $0.fields() }
            #expect(
                inherited == [[1: [.text("file[1:2]")], 2: [.number(0)]], [1: [.text("pipe:[3]")], 2: [.number(1)]]])
            let mounts = try options[23]?.map { try $0.fields()[2]?.first }
            #expect(mounts == [.text(fixture.rootfs + "/etc"), .text("/dev/null"), .text(root + "/criu-cover")])
            let lines = try SmallFile.text(criu.directory + "/cgroup").split(separator: "\n")
            let places = try options[25]?.map { try $0.fields()[2]?.first }
            #expect(places == lines.map { .text(String($0.split(separator: ":").last ?? "")) })
            #expect(lines.allSatisfy { $0.hasSuffix(fixture.cgroup) })
            #expect(try status(fixture) == "running")
            // What processes that follow have as init has it.
            #expect(try SmallFile.text(root + "/state.json").contains(#""capabilities""#))
            #expect(try fixture.runtime(["kill", fixture.id, "KILL"]).code == 0)
            #expect(Int32(try SmallFile.text(pidFile)) != nil)
            #expect(!(try SmallFile.text("/proc/self/mountinfo", limit: 64 << 20)).contains("criu-root"))
            #expect(!Directory.exists(root + "/criu-root"))
        }
    }

    @Test func `a restore that fails tells criu's reason and leaves nothing`() throws {
        try with { fixture, criu in
            try fixture.writeSpec()
            #expect(
                try restore(fixture, criu).errors.contains("checkpoint: openat \"\(criu.imagePath)\": no such file"))
            try makeDirectory(criu.imagePath, mode: 0o755)
            #expect(try restore(fixture, criu).errors.contains("descriptors.json\": no such file"))
            try SmallFile.replace(criu.imagePath + "/descriptors.json", with: Array("{}".utf8))
            try criu.fail(because: "it cannot be")
            #expect(try restore(fixture, criu).errors.contains("restore failed: it cannot be"))
            let hook = Hook(path: "/bin/false")
            fixture.spec.hooks = Hooks()
            fixture.spec.hooks?.createRuntime = [hook]
            try fixture.writeSpec()
            #expect(try restore(fixture, criu).errors.contains("hooks.createRuntime[0]"))
            #expect(try fixture.leftovers() == [])
        }
    }

    @Test(.enabled(if: Self.criuWorks, "needs a criu that works on this kernel, see \"criu check\""))
    func `a container that counts goes on counting after its restore`() throws {
        try ContainerFixture.with { fixture in
            let script = "i=0; while :; do i=$((i+1)); echo $i > /tmp/count; sleep 0.1; done"
            fixture.spec.process?.args = ["sh", "-c", script]
            try fixture.writeSpec()
            let images = fixture.directory + "/images"
            func count() -> Int {
                let text = (try? SmallFile.text(fixture.rootfs + "/tmp/count")) ?? ""
                return Int(text.filter { $0 != "\n" }) ?? 0
            }
            #expect(try fixture.runtime(["run", "--detach", "--bundle", fixture.directory, fixture.id]).code == 0)
            try eventually { count() > 3 }
            let written = try fixture.runtime(["checkpoint", "--image-path", images, fixture.id])
            #expect(written.code == 0, "\(written.errors)")
            #expect(try status(fixture) == "stopped")
            #expect(try fixture.runtime(["delete", fixture.id]).code == 0)
            let last = count()
            let restored = try fixture.runtime(
                ["restore", "--detach", "--bundle", fixture.directory, "--image-path", images, fixture.id])
            #expect(restored.code == 0, "\(restored.errors)")
            try eventually { count() > last }
            #expect(try status(fixture) == "running")
        }
    }

    private static var criuWorks: Bool {
        guard let null = try? FileDescriptor.open("/dev/null", .readWrite),
            let process = try? HostProgram.spawn(
                "/usr/sbin/criu", arguments: ["criu", "check"], environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
                descriptors: [null.rawValue, null.rawValue, null.rawValue], session: false)
        else { return false }
        return (try? ChildExit.wait(for: process))?.status == 0
    }

    private func eventually(_ condition: () -> Bool) throws {
        let deadline = Clock.milliseconds() + 60_000
        while !condition() {
            guard Clock.milliseconds() < deadline else {
                throw ContainerFixture.Failure(message: "not within a minute")
            }
            Kernel.pause(microseconds: 20_000)
        }
    }
}

extension [Substring] {
    /// What follows two neighbours that fit.
    fileprivate func adjacentPairs(_ fits: (Substring, Substring) -> Bool) -> String? {
        indices.dropLast(2).first { fits(self[$0], self[$0 + 1]) }.map { String(self[$0 + 2]) }
    }
}
