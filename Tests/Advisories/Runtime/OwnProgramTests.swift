internal import Glibc
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// The runtime's own program, seen from inside: whoever overwrites it is root on the host.
@Suite(.needsRoot) struct OwnProgramTests {
    /// How often the attacker is given the runtime to look at.
    private static let rounds = 25

    /// Ways to have the runtime execute itself inside. The second is a script that has it as its interpreter.
    private static let programs = ["/proc/self/exe", "/script", "/linked"]

    private static func plant(_ bundle: AttackBundle) throws {
        try SmallFile.replace(bundle.rootfs + "/script", with: Array("#!/proc/self/exe\n".utf8), mode: 0o755)
        try bundle.link("/linked", to: "/proc/self/exe")
    }

    /// Runs the attack with a copy of `program`, and expects the copy to be what it was.
    private func attack(
        _ program: String, _ bundle: inout AttackBundle, _ enter: (AttackBundle, String) throws -> Void
    ) throws {
        let copy = bundle.directory + "/" + program
        try BuiltProgram.copy(program, to: copy)
        let file = try FileDescriptor.open(copy, .pathOnly)
        let before = try FileStatus(of: file.rawValue)
        let bytes = try SmallFile.read(copy, limit: 1 << 30)
        try Self.plant(bundle)
        try enter(bundle, copy)
        // What was opened is tried for a while after the process has ended.
        let log = try settled(bundle)
        #expect(log.contains { $0.hasPrefix("caught") }, "the attacker never saw the program; nothing was tried")
        #expect(!log.contains { $0.hasPrefix("overwritten") }, "\(log.suffix(20))")
        let now = try FileDescriptor.open(copy, .pathOnly)
        let after = try FileStatus(of: now.rawValue)
        #expect(after.inode == before.inode && after.size == before.size)
        #expect(try SmallFile.read(copy, limit: 1 << 30) == bytes)
    }

    /// The attacker's log, when everything it caught has been tried.
    private func settled(_ bundle: AttackBundle) throws -> [String] {
        for _ in 0..<600 {
            let log = try bundle.log()
            let count = { (word: String) in log.count { $0.hasPrefix(word) } }
            if count("caught") == count("tried") { return log }
            usleep(10_000)
        }
        return try bundle.log()
    }

    @Test func `CVE-2019-5736: the command line's program cannot be overwritten from inside`() throws {
        try AttackBundle.with { bundle in
            try attack("berth-runtime", &bundle) { bundle, program in
                var bundle = bundle
                bundle.runtimeWords[0] = program
                try bundle.start("/attacker", "overwrite", "/tmp/log", "/bin/busybox")
                _ = try bundle.log(waitingFor: "began")
                for round in 0..<Self.rounds {
                    for path in Self.programs { _ = try bundle.exec([], path, "--log", "/tmp/\(round)", "list") }
                    if round > 2, try bundle.log().contains(where: { $0.hasPrefix("caught") }) { break }
                }
            }
        }
    }

    @Test(arguments: programs)
    func `CVE-2019-5736: nor by a container whose program it is`(path: String) throws {
        try AttackBundle.with { bundle in
            let copy = bundle.directory + "/berth-runtime"
            try BuiltProgram.copy("berth-runtime", to: copy)
            let bytes = try SmallFile.read(copy, limit: 1 << 30)
            bundle.runtimeWords[0] = copy
            try Self.plant(bundle)
            // The container's own processes are seen by nobody else: it has to overwrite its own program.
            bundle.spec.process?.args = [path, "features"]
            _ = try bundle.run()
            bundle.spec.process?.args = ["sh", "-c", "\(path) features; echo x > /proc/self/exe"]
            _ = try bundle.run()
            #expect(try SmallFile.read(copy, limit: 1 << 30) == bytes)
        }
    }

    @Test func `CVE-2019-5736: the shim's program cannot be overwritten from inside`() throws {
        try AttackBundle.with { bundle in
            try attack("containerd-shim-berth-v1", &bundle) { bundle, program in
                var bundle = bundle
                bundle.spec.process?.args = ["/attacker", "overwrite", "/tmp/log", "/bin/busybox"]
                try bundle.writeSpec()
                let shim = try AttackShim(program, bundle: bundle)
                try shim.create(in: bundle)
                try shim.start()
                _ = try bundle.log(waitingFor: "began")
                for round in 0..<Self.rounds {
                    for path in Self.programs {
                        let process =
                            #"{"args":["\#(path)","-v"],"cwd":"/","env":["PATH=/bin"],"user":{"uid":0,"gid":0}}"#
                        _ = try shim.exec("e\(round)", process)
                    }
                    if round > 2, try bundle.log().contains(where: { $0.hasPrefix("caught") }) { break }
                }
                _ = try settled(bundle)
                try shim.delete()
            }
        }
    }
}
