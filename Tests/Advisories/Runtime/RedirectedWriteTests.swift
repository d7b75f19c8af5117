internal import Glibc
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// What the runtime writes for the kernel, and files of the image that would like to receive it.
@Suite(.needsRoot) struct RedirectedWriteTests {
    private static let fakes = [
        "/self/attr/exec", "/self/attr/apparmor/exec", "/self/oom_score_adj", "/sys/net/ipv4/ip_forward",
        "/sys/fs/mqueue/msg_max", "/thread-self/attr/exec", "/1/oom_score_adj", "/self/uid_map", "/self/setgroups",
    ]

    /// A tree that looks like a procfs, of files that belong to the attacker.
    private static func makeFake(_ path: String, linkingTo target: String?) throws {
        for file in fakes {
            var directory = path
            for part in file.split(separator: "/").dropLast() {
                directory += "/" + part
                if mkdir(directory, 0o755) != 0, errno != EEXIST { throw AttackBundle.Failure(message: directory) }
            }
            if let target {
                try AttackBundle.link(path + file, to: target)
            } else {
                try SmallFile.replace(path + file, with: Array("untouched".utf8), mode: 0o666)
            }
        }
    }

    private static func expectUntouched(_ path: String) throws {
        for file in fakes {
            let text = try SmallFile.text(path + file)
            #expect(text == "untouched", "\(file) received \"\(text)\"")
        }
    }

    private func configure(_ bundle: inout AttackBundle) {
        bundle.spec.process?.oomScoreAdj = 123
        bundle.spec.linux?.sysctl = ["net.ipv4.ip_forward": "1", "fs.mqueue.msg_max": "77"]
    }

    /// Expects what the configuration says of a running container to have reached the kernel.
    private func expectApplied(_ bundle: AttackBundle) throws {
        let state = try bundle.runtime(["state", bundle.id]).output
        let line = try #require(state.split(separator: "\n").first { $0.contains("\"pid\"") })
        let pid = line.filter(\.isNumber)
        #expect(try SmallFile.text("/proc/\(pid)/oom_score_adj") == "123\n")
        let words = ["/usr/bin/nsenter", "-t", pid, "-n", "-i", "/bin/cat", "/proc/sys/net/ipv4/ip_forward"]
        #expect(try Outcome.of(words, in: bundle.directory).output == "1\n")
    }

    @Test
    func `CVE-2025-52881, CVE-2025-62596: writes for the kernel reach procfs while the image's proc is exchanged`()
        throws
    {
        try AttackBundle.with { bundle in
            configure(&bundle)
            try bundle.makeDirectories("/proc", "/fake")
            let fake = bundle.directory + "/kept"
            try makeDirectory(fake, mode: 0o755)
            try Self.makeFake(bundle.rootfs + "/fake", linkingTo: nil)
            let racer = try Racer(exchanging: bundle.rootfs + "/proc", with: bundle.rootfs + "/fake")
            let host = HostParameters()
            var started = 0
            for _ in 0..<30 {
                do { try bundle.start("sleep", "1000") } catch { continue }
                started += 1
                try expectApplied(bundle)
                try bundle.delete()
                host.expectUnchanged()
            }
            try racer.expectRunning()
            #expect(started > 0, "no container ever came to be; nothing was tried")
            _ = consume racer
            let isSwapped = Directory.exists(bundle.rootfs + "/fake/self")
            try Self.expectUntouched(bundle.rootfs + (isSwapped ? "/fake" : "/proc"))
        }
    }

    @Test func `CVE-2025-52881: nor do they follow links of a tree that looks like procfs`() throws {
        try AttackBundle.with { bundle in
            configure(&bundle)
            let host = HostParameters()
            // The image's proc holds links, and no procfs is mounted over it.
            bundle.unmount("/proc")
            bundle.spec.linux?.maskedPaths = []
            bundle.spec.linux?.readonlyPaths = []
            try bundle.makeDirectories("/proc")
            try Self.makeFake(bundle.rootfs + "/proc", linkingTo: bundle.canary.path + "/file")
            try bundle.start("sleep", "1000")
            try expectApplied(bundle)
            #expect(try bundle.exec([], "true").code == 0)
            try bundle.delete()
            host.expectUnchanged()
        }
    }

    /// Values that hold another parameter, and names that lead to one.
    private static let injections: [(name: String, value: String)] = [
        ("net.ipv4.ip_forward", "1+kernel.core_pattern=\(HostParameters.pattern)"),
        ("net.ipv4.ip_forward", "1\nkernel.core_pattern=\(HostParameters.pattern)"),
        ("kernel.shm_rmid_forced", "1+kernel.core_pattern=\(HostParameters.pattern)"),
        ("net/ipv4/../../kernel/core_pattern", HostParameters.pattern),
        ("net....kernel.core_pattern", HostParameters.pattern),
        ("net.ipv4/../../kernel/core_pattern", HostParameters.pattern),
        ("net/./../kernel/core_pattern", HostParameters.pattern), ("net.", "1"), (".net", "1"),
        ("/proc/sys/kernel/core_pattern", HostParameters.pattern), ("kernel.core_pattern", HostParameters.pattern),
        ("net.ipv4.ip_forward\nkernel.core_pattern", HostParameters.pattern), ("kernel.sysrq", "0"),
        ("kernel.modprobe", "/tmp/x"),
    ]

    @Test func `CVE-2022-0811: no parameter carries another one with it`() throws {
        try AttackBundle.with { bundle in
            let host = HostParameters()
            for (name, value) in Self.injections {
                bundle.spec.linux?.sysctl = [name: value]
                let outcome = try bundle.run("true")
                #expect(outcome.code != 0, "\(name) = \(value)")
                host.expectUnchanged()
            }
        }
    }

    @Test func `CVE-2022-0532, GHSA-w2j5-3rcx-vx7x: parameters of a namespace that is the host's are refused`() throws {
        let parameters: [(LinuxNamespaceType, String, String, String)] = [
            (.network, "net.ipv4.ip_forward", "1", "net"), (.ipc, "kernel.shm_rmid_forced", "1", "ipc"),
            (.ipc, "fs.mqueue.msg_max", "77", "ipc"),
        ]
        try AttackBundle.with { bundle in
            let host = HostParameters()
            let all = bundle.spec.linux?.namespaces ?? []
            for (type, name, value, file) in parameters {
                bundle.spec.linux?.sysctl = [name: value]
                // Without a namespace, and with the host's by its path.
                for path in [nil, "/proc/self/ns/\(file)", "/proc/1/ns/\(file)"] {
                    var namespaces = all.filter { $0.type != type }
                    if let path { namespaces.append(LinuxNamespace(type: type, path: path)) }
                    bundle.spec.linux?.namespaces = namespaces
                    let outcome = try bundle.run("true")
                    #expect(outcome.code != 0, "\(name) with \(path ?? "no namespace")")
                    host.expectUnchanged()
                }
            }
        }
    }
}
