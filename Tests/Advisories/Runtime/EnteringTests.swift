internal import Glibc
internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// Processes on their way into a container: what can be taken from them, and what they bring along.
@Suite(.needsRoot) struct EnteringTests {
    @Test func `CVE-2016-9962, CVE-2020-14300: nothing of a process that enters can be had from inside`() throws {
        try AttackBundle.with { bundle in
            try bundle.start("/attacker", "seize", "/tmp/log", "/bin/busybox")
            _ = try bundle.log(waitingFor: "began")
            for _ in 0..<Self.entries {
                #expect(try bundle.exec([], "true").code == 0)
                if try !Self.isQuiet(bundle) { break }
            }
            let log = try bundle.log()
            #expect(try Self.isQuiet(bundle), "\(log.filter { $0.hasPrefix("caught") }.prefix(20))")
            #expect(log.contains { $0.hasPrefix("denied") }, "the attacker never met the runtime; nothing was tried")
        }
    }

    private static let entries = 1000

    private static func isQuiet(_ bundle: AttackBundle) throws -> Bool {
        try !bundle.log().contains { $0.hasPrefix("caught") }
    }

    @Test func `CVE-2024-21626: no working directory leads out through a leaked descriptor`() throws {
        try AttackBundle.with { bundle in
            let host = try FileDescriptor.open("/", [.pathOnly, .directory])
            let leaked = [Int32](repeating: host.rawValue, count: 12)
            try bundle.start("sleep", "1000")
            for number in 3...50 {
                let path = "/proc/self/fd/\(number)"
                let entered = try bundle.exec(["--cwd", path], "/guest", inheriting: leaked)
                #expect(entered.code != 0 && entered.output.isEmpty, "exec in \(path)")
            }
            try bundle.delete()
            for number in 3...50 {
                for path in ["/proc/self/fd/\(number)", "/proc/1/fd/\(number)/root"] {
                    bundle.spec.process?.cwd = path
                    let outcome = try bundle.run(inheriting: leaked)
                    #expect(outcome.code != 0 && outcome.output.isEmpty, "run in \(path)")
                }
            }
        }
    }

    @Test func `CVE-2024-21626: a link to a descriptor is no working directory either`() throws {
        try AttackBundle.with { bundle in
            let host = try FileDescriptor.open("/", [.pathOnly, .directory])
            for number in 3...20 { try bundle.link("/d\(number)", to: "/proc/self/fd/\(number)") }
            for number in 3...20 {
                bundle.spec.process?.cwd = "/d\(number)"
                let outcome = try bundle.run(inheriting: [host.rawValue, host.rawValue])
                #expect(outcome.code != 0 && outcome.output.isEmpty)
            }
        }
    }

    @Test func `CVE-2024-21626: no foreign descriptor is inside`() throws {
        try AttackBundle.with { bundle in
            let host = try FileDescriptor.open("/", [.pathOnly, .directory])
            let leaked = [Int32](repeating: host.rawValue, count: 12)
            let seen = try AttackBundle.observation(try bundle.run(inheriting: leaked))
            #expect(Set(seen.descriptors.keys) == ["0", "1", "2"], "\(seen.descriptors)")
            try bundle.start("sleep", "1000")
            let entered = try AttackBundle.observation(try bundle.exec([], "/guest", inheriting: leaked))
            #expect(Set(entered.descriptors.keys) == ["0", "1", "2"], "\(entered.descriptors)")
            // Init itself, seen from inside: what it was started with stays with it.
            let ofInit = try bundle.exec([], "ls", "/proc/1/fd").output.split(separator: "\n")
            #expect(Set(ofInit) == ["0", "1", "2"], "\(ofInit)")
        }
    }

    @Test func `CVE-2022-29162, -24769, -27649, -27650, -27651, -27652: no inheritable capabilities`() throws {
        try AttackBundle.with { bundle in
            let none = "0000000000000000"
            #expect(try AttackBundle.observation(try bundle.run()).status["CapInh"] == none)
            try bundle.start("sleep", "1000")
            for options in [
                [], ["--cap", "CAP_NET_RAW"], ["--user", "1000"], ["--cap", "CAP_CHOWN", "--user", "7:7"],
            ] {
                let seen = try AttackBundle.observation(try bundle.exec(options, "/guest"))
                #expect(seen.status["CapInh"] == none, "\(options)")
                #expect(seen.status["CapAmb"] == none, "\(options)")
            }
        }
    }
}
