import Client
import Model
import RuntimeSpec
import Testing

struct SeccompTemplateTests {
    private func template(_ text: String) throws -> SeccompTemplate {
        try Array(text.utf8).withUnsafeBytes { bytes in try SeccompTemplate(parsing: bytes) }
    }

    private func profile(
        _ text: String, _ capabilities: Set<String> = [], architecture: String = "amd64", kernel: String = "6.1.0"
    ) throws -> SeccompProfile {
        try template(text).profile(
            for: SeccompSubject(
                capabilities: capabilities, architecture: architecture, kernel: try #require(KernelVersion(kernel))))
    }

    private func message(_ text: String) -> String? {
        do {
            _ = try SeccompChoice(parsing: Array(text.utf8), path: "p.json")
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `a profile of the runtime specification is taken as it is`() throws {
        let profile = try profile(
            """
            {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
             "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95,
                           "args": [{"index": 1, "value": 7, "op": "SCMP_CMP_EQ"}]}]}
            """)
        #expect(profile.defaultAction == .allow)
        #expect(profile.architectures == [.x86])
        #expect(profile.flags == [.log])
        #expect(
            profile.syscalls == [
                SeccompRule(
                    names: ["mkdir", "mkdirat"], action: .errno, errnoRet: 95,
                    args: [SeccompArgument(index: 1, value: 7, op: .equal)])
            ])
    }

    private static let conditional = """
        {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
         "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
                     {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}],
         "syscalls": [
           {"name": "read", "action": "SCMP_ACT_ALLOW", "args": null, "comment": "of old", "includes": {}, "excludes": {}},
           {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}},
           {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF", "CAP_SYS_ADMIN"]}},
           {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"], "arches": ["s390x"]}},
           {"names": ["set_tls"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm", "arm64"]}},
           {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}}]}
        """

    @Test func `a rule of Docker's form holds for those that its conditions name`() throws {
        func names(_ capabilities: Set<String> = [], architecture: String = "amd64", kernel: String = "6.1") throws
            -> [String]
        {
            try profile(Self.conditional, capabilities, architecture: architecture, kernel: kernel).syscalls
                .flatMap(\.names)
        }
        #expect(try names() == ["read", "clone", "ptrace"])
        #expect(try names(["CAP_BPF"]) == ["read", "bpf", "clone", "ptrace"])
        #expect(try names(["CAP_SYS_ADMIN"]) == ["read", "ptrace"])
        #expect(try names(["CAP_BPF", "CAP_SYS_ADMIN"]) == ["read", "bpf", "mount", "ptrace"])
        #expect(try names(architecture: "s390x") == ["read", "ptrace"])
        #expect(try names(architecture: "arm64") == ["read", "clone", "set_tls", "ptrace"])
        #expect(try names(kernel: "4.7.10") == ["read", "clone"])
        #expect(try names(kernel: "4.8-rc1") == ["read", "clone", "ptrace"])
        #expect(try names(kernel: "4.10") == ["read", "clone", "ptrace"])
    }

    @Test func `a machine's other architectures come from the map`() throws {
        #expect(try profile(Self.conditional).architectures == [.amd64, .x86, .x32])
        #expect(try profile(Self.conditional, architecture: "arm64").architectures == [.aarch64, .arm])
        #expect(try profile(Self.conditional, architecture: "riscv64").architectures == [])
    }

    @Test func `what is wrong with a file is told with its path and the place in it`() {
        #expect(message("[]")?.hasPrefix("seccomp profile \"p.json\": expected an object") == true)
        #expect(message("{}") == "seccomp profile \"p.json\": defaultAction: missing")
        #expect(
            message(#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "ALLOW"}]}"#)?
                .hasPrefix("seccomp profile \"p.json\": syscalls[0].action: unknown seccomp action \"ALLOW\"") == true)
        #expect(
            message(#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_ERRNO"}]}"#)
                == "seccomp profile \"p.json\": syscalls[0].names: expected at least one")
        #expect(
            message(
                """
                {"defaultAction": "SCMP_ACT_ALLOW",
                 "syscalls": [{"names": ["a"], "action": "SCMP_ACT_LOG", "includes": {"minKernel": "new"}}]}
                """)
                == "seccomp profile \"p.json\": syscalls[0].includes.minKernel: "
                + "expected a kernel's version such as \"4.8\", found \"new\"")
    }
}
