internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// Who a container's processes are.
@Suite(.needsRoot) struct UserTests {
    @Test func `CVE-2016-3697: a numeric user is never looked up as a name`() throws {
        try AttackBundle.with { bundle in
            try SmallFile.replace(
                bundle.rootfs + "/etc/passwd", with: Array("1000:x:0:0::/root:/bin/sh\n".utf8), mode: 0o644)
            try SmallFile.replace(bundle.rootfs + "/etc/group", with: Array("1000:x:0:\n".utf8), mode: 0o644)
            bundle.spec.process?.user = User(uid: 1000, gid: 1000)
            let seen = try AttackBundle.observation(try bundle.run())
            #expect(seen.status["Uid"] == "1000 1000 1000 1000")
            #expect(seen.status["Gid"] == "1000 1000 1000 1000")
            try bundle.start("sleep", "1000")
            for user in ["1000", "1000:1000"] {
                let entered = try AttackBundle.observation(try bundle.exec(["--user", user], "/guest"))
                #expect(entered.status["Uid"] == "1000 1000 1000 1000", "\(user)")
            }
        }
    }

    /// What `--user` may be, and who that is: nobody for what has to be refused.
    private static let users: [(text: String, ids: String?)] = [
        ("0", "0 0"), ("1", "1 0"), ("1:0", "1 0"), ("1:2", "1 2"), ("0:5", "0 5"), ("65534:65534", "65534 65534"),
        ("2147483647", "2147483647 0"), ("", nil), (":", nil), ("1:", nil), (":1", nil), ("1:2:3", nil), ("-1", nil),
        ("+1", nil), (" 1", nil), ("1 ", nil), ("01", "1 0"), ("0x1", nil), ("1.0", nil), ("1e0", nil), ("٣", nil),
        ("4294967295", nil), ("4294967296", nil), ("4294967297", nil), ("18446744073709551617", nil), ("1:-1", nil),
        ("1:4294967295", nil), ("1:4294967296", nil), ("1:+0", nil), ("root", nil), ("1\n", nil), ("1\u{0}", nil),
    ]

    @Test func `CVE-2026-30892: exec runs as whom it says, or not at all`() throws {
        try AttackBundle.with { bundle in
            try bundle.start("sleep", "1000")
            for (text, ids) in Self.users where !text.contains("\u{0}") {
                let outcome = try bundle.exec(["-u", text], "/guest")
                guard let ids else {
                    #expect(outcome.code != 0 && outcome.output.isEmpty, "\"\(text)\" was accepted")
                    continue
                }
                let seen = try AttackBundle.observation(outcome)
                let expected = ids.split(separator: " ")
                #expect(seen.status["Uid"]?.hasPrefix("\(expected[0]) \(expected[0]) ") == true, "\"\(text)\"")
                #expect(seen.status["Gid"]?.hasPrefix("\(expected[1]) \(expected[1]) ") == true, "\"\(text)\"")
            }
        }
    }

    @Test func `CVE-2023-25173, CVE-2022-36109, CVE-2022-2995: supplementary groups are those of the configuration`()
        throws
    {
        try AttackBundle.with { bundle in
            let null = try FileDescriptor.open("/dev/null", .readOnly)
            for groups: [UInt32] in [[], [0], [5, 7, 1234], Array(2000..<2040)] {
                bundle.spec.process?.user = User(uid: 1000, gid: 1001, additionalGids: groups)
                let seen = try AttackBundle.observation(try bundle.run(inheriting: [null.rawValue]))
                #expect(seen.status["Groups"] == groups.map { "\($0)" }.joined(separator: " "))
                #expect(seen.status["Gid"] == "1001 1001 1001 1001")
            }
            bundle.spec.process?.user = User(uid: 0, gid: 0, additionalGids: [])
            #expect(try AttackBundle.observation(try bundle.run()).status["Groups"] == "")
            try bundle.start("sleep", "1000")
            #expect(try AttackBundle.observation(try bundle.exec([], "/guest")).status["Groups"] == "")
            let entered = try bundle.exec(["--user", "3:4", "--additional-gids", "9"], "/guest")
            #expect(try AttackBundle.observation(entered).status["Groups"] == "9")
        }
    }

    @Test func `CVE-2026-47262, CVE-2025-4437: a huge passwd file takes no memory of the runtime`() throws {
        try AttackBundle.with { bundle in
            for name in ["passwd", "group"] {
                let file = try FileDescriptor.open(
                    bundle.rootfs + "/etc/" + name, [.writeOnly, .create], mode: 0o644)
                try file.truncate(to: 4 << 30)
            }
            bundle.spec.process?.user = User(uid: 1000, gid: 1000)
            // Whoever reads it whole fails here.
            bundle.runtimeWords = ["/usr/bin/prlimit", "--as=\(512 << 20)", "--"] + bundle.runtimeWords
            let seen = try AttackBundle.observation(try bundle.run())
            #expect(seen.environment.contains("HOME=/"))
            try bundle.start("sleep", "1000")
            #expect(try bundle.exec(["--user", "1000"], "/guest").code == 0)
        }
    }
}
