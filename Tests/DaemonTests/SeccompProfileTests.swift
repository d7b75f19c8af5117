import CSeccomp
import Foundation
import TestKit
import Testing

/// Which system calls the containers of `berthctl run` can make.
@Suite(.needsRoot, .serialized) struct SeccompProfileTests {
    /// A system call, and what a container is told that may not make it.
    struct Call: Sendable, CustomTestStringConvertible {
        let name: String
        var arguments: [Int] = []
        var errno: Int32 = EPERM

        var testDescription: String { ([name] + arguments.map(String.init)).joined(separator: " ") }

        /// As the guest takes it.
        var word: String {
            ([Int(seccomp_syscall_resolve_name(name))] + arguments).map(String.init).joined(separator: ",")
        }
    }

    private static let refused = [
        Call(name: "socket", arguments: [38, 5, 0]),  // AF_ALG, CVE-2026-31431
        Call(name: "socket", arguments: [40, 1, 0]),  // AF_VSOCK
        Call(name: "io_uring_setup"), Call(name: "io_uring_register"),
        Call(name: "unshare", arguments: [0x1000_0000]), Call(name: "keyctl"), Call(name: "add_key"),
        Call(name: "clone3", errno: ENOSYS),
    ]

    private static let allowed = [
        Call(name: "socket", arguments: [2, 1, 0]), Call(name: "socket", arguments: [1, 1, 0]),
        Call(name: "socket", arguments: [16, 3, 0]), Call(name: "getpid"), Call(name: "personality", arguments: [0]),
        Call(name: "memfd_create", arguments: [0, 0]),
    ]

    /// What each call answers in a container that is run with `options`.
    private func answers(_ calls: [Call], _ options: String..., image: String, in tenant: Tenant) async throws
        -> [Int32]
    {
        let guest = try Berthd.program("guest") + ":/guest:ro"
        let run = try await ToolRun.run(
            try Berthd.program("berthctl"),
            tenant.words(
                .berthctl, "run", ["--rm", "-v", guest] + options + [image, "/guest", "calls"] + calls.map(\.word)))
        try #require(run.status == 0, "\(run.errors)")
        return run.lines.compactMap { Int32($0) }
    }

    @Test func `what containers have no business with is refused, and the rest passes`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let answers = try await answers(Self.refused + Self.allowed, image: image, in: tenant)
            try #require(answers.count == Self.refused.count + Self.allowed.count)
            for (call, answer) in zip(Self.refused, answers) {
                #expect(answer == call.errno, "\(call.testDescription)")
            }
            for (call, answer) in zip(Self.allowed, answers.dropFirst(Self.refused.count)) {
                #expect(answer != EPERM && answer != ENOSYS, "\(call.testDescription): \(answer)")
            }
        }
    }

    @Test func `a process that enters later is under the same filter`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let guest = try Berthd.program("guest") + ":/guest:ro"
            _ = try await tenant.berthctl("run", "-d", "--name", "c1", "-v", guest, image, "sleep", "1000")
            let run = try await ToolRun.run(
                try Berthd.program("berthctl"),
                tenant.words(.berthctl, "exec", ["c1", "/guest", "calls"] + Self.refused.map(\.word)))
            #expect(run.lines.compactMap { Int32($0) } == Self.refused.map(\.errno), "\(run.errors)")
            try await tenant.remove(.berthctl, "c1")
        }
    }

    @Test func `a container without a filter has them all`() async throws {
        let option = "--seccomp=unconfined"
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let calls = [
                Call(name: "unshare", arguments: [0x1000_0000]), Call(name: "keyctl", arguments: [0, -3, 0]),
                Call(name: "clone3"), Call(name: "socket", arguments: [38, 5, 0]),
            ]
            let answers = try await answers(calls, option, image: image, in: tenant)
            try #require(answers.count == calls.count)
            // A kernel without the family or the call says so by errors of its own.
            for (call, answer) in zip(calls, answers) {
                #expect(answer != EPERM && answer != ENOSYS, "\(call.testDescription): \(answer)")
            }
            let status = try await tenant.berthctl("run", "--rm", option, image, "busybox", "cat", "/proc/self/status")
            #expect(status.lines.contains("Seccomp:\t0"), "\(status.output)\(status.errors)")
        }
    }

    @Test func `a capability brings its calls`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let calls = [Call(name: "unshare"), Call(name: "io_uring_setup")]
            #expect(try await answers(calls, "--cap-add", "sys_admin", image: image, in: tenant) == [0, EPERM])
        }
    }

    @Test func `ordinary programs run`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let script = """
                set -e; busybox ls -la / | busybox grep -q bin; busybox id -u; busybox ps >/dev/null
                busybox mkdir /x; busybox touch /x/y; busybox chown 5:5 /x/y; busybox mv /x/y /x/z; busybox rm -r /x
                (busybox sleep 0.1; echo child) & wait; busybox timeout 5 busybox true
                busybox tar -cf - /bin | busybox gzip | busybox wc -c | busybox grep -qv '^0$'
                echo data | busybox nc -l -p 1 -w 1 & busybox date >/dev/null; busybox uname -m >/dev/null; wait; echo end
                """
            let run = try await tenant.berthctl("run", "--rm", image, "sh", "-c", script)
            #expect(run.lines == ["0", "child", "end"], "\(run.errors)")
        }
    }

    @Test func `a file decides instead`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let file = tenant.directory + "/profile.json"
            try """
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
              {"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95},
              {"names": ["getpid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95, "includes": {"caps": ["CAP_SYS_ADMIN"]}}]}
            """.write(toFile: file, atomically: false, encoding: .utf8)
            let calls = [Call(name: "getppid"), Call(name: "getpid"), Call(name: "unshare")]
            #expect(try await answers(calls, "--seccomp", file, image: image, in: tenant) == [95, 0, 0])
        }
    }

    @Test func `a file that cannot be a profile is refused by its name, and nothing is left`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let before = try await Leftovers(of: tenant)
            let file = tenant.directory + "/profile.json"
            try #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [7]}]}"#.write(
                toFile: file, atomically: false, encoding: .utf8)
            let broken = try await tenant.berthctl("run", "--rm", "--seccomp", file, image, "true")
            #expect(broken.status == 125)
            #expect(
                broken.errors
                    == "berthctl: seccomp profile \"\(file)\": syscalls[0].names[0]: expected a string, found a number\n"
            )
            let missing = try await tenant.berthctl("run", "--rm", "--seccomp", file + "x", image, "true")
            #expect(missing.status == 125)
            #expect(
                missing.errors.hasPrefix(
                    "berthctl: seccomp profile \"\(file)x\": cannot be read; expected a file, default or unconfined: "),
                "\(missing.errors)")
            try await before.expectNone()
        }
    }
}
