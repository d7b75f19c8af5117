import Client
import RuntimeSpec
import Seccomp
import Testing

struct SeccompStandardTests {
    private static let usual: Set = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETUID", "CAP_SYS_CHROOT",
    ]

    private static var architecture: String {
        FilterMachine.Architecture.native == .arm64 ? "arm64" : "amd64"
    }

    private func machine(adding capabilities: Set<String> = []) throws -> FilterMachine {
        let subject = SeccompSubject(
            capabilities: Self.usual.union(capabilities), architecture: Self.architecture,
            kernel: try #require(KernelVersion("6.1")))
        let profile = SeccompTemplate.standard.profile(for: subject)
        try profile.validate()
        return FilterMachine(filter: try SeccompFilter(profile).program)
    }

    private static let refused = FilterMachine.Answer.refused(errno: 1)
    private static let absent = FilterMachine.Answer.refused(errno: 38)

    @Test func `ordinary calls pass`() throws {
        let machine = try machine()
        for name in [
            "read", "write", "openat", "openat2", "mmap", "execve", "futex", "epoll_pwait2", "connect", "sendmsg",
            "statx",
            "prctl", "setresuid", "mknodat", "chroot", "ptrace", "memfd_create", "inotify_init1", "io_setup", "rseq",
            "pidfd_open", "close_range", "futex_waitv", "landlock_restrict_self", "clock_adjtime",
        ] {
            #expect(try machine.answer(to: name) == .allowed, "\(name)")
        }
    }

    @Test func `what reaches the whole machine is refused`() throws {
        let machine = try machine()
        for name in [
            "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key", "bpf",
            "perf_event_open", "unshare", "setns", "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsconfig",
            "fsmount", "mount_setattr", "pivot_root", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load",
            "init_module", "finit_module", "delete_module", "open_by_handle_at", "acct", "quotactl", "settimeofday",
            "clock_settime", "sethostname", "setdomainname", "userfaultfd", "syslog", "kcmp", "process_madvise",
            "mbind",
            "move_pages", "vhangup", "fanotify_init", "nfsservctl", "pidfd_getfd",
        ] {
            #expect(try machine.answer(to: name) == Self.refused, "\(name)")
        }
    }

    @Test(arguments: [
        ("CAP_SYS_ADMIN", "mount"), ("CAP_SYS_ADMIN", "unshare"), ("CAP_SYS_ADMIN", "bpf"), ("CAP_SYS_ADMIN", "clone3"),
        ("CAP_BPF", "bpf"), ("CAP_PERFMON", "perf_event_open"), ("CAP_SYSLOG", "syslog"),
        ("CAP_DAC_READ_SEARCH", "open_by_handle_at"), ("CAP_SYS_BOOT", "reboot"), ("CAP_SYS_MODULE", "init_module"),
        ("CAP_SYS_NICE", "mbind"), ("CAP_SYS_PACCT", "acct"), ("CAP_SYS_PTRACE", "kcmp"),
        ("CAP_SYS_TIME", "clock_settime"), ("CAP_SYS_TTY_CONFIG", "vhangup"),
    ]) func `a capability brings the calls that need it`(capability: String, name: String) throws {
        #expect(try machine().answer(to: name) != .allowed)
        #expect(try machine(adding: [capability]).answer(to: name) == .allowed)
    }

    @Test func `no capability brings io_uring, keys or a swap area`() throws {
        let machine = try machine(adding: ["CAP_SYS_ADMIN", "CAP_SYS_RESOURCE", "CAP_NET_ADMIN"])
        for name in ["io_uring_setup", "keyctl", "add_key", "swapon"] {
            #expect(try machine.answer(to: name) == Self.refused, "\(name)")
        }
    }

    @Test(
        arguments: [
            0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ] as [UInt64]) func `a clone that would make a namespace is refused`(flag: UInt64) throws
    {
        let machine = try machine()
        #expect(try machine.answer(to: "clone", 0x11) == .allowed)
        #expect(try machine.answer(to: "clone", 0x003D_0F00) == .allowed)
        #expect(try machine.answer(to: "clone", flag | 0x11) == Self.refused)
        #expect(try self.machine(adding: ["CAP_SYS_ADMIN"]).answer(to: "clone", flag | 0x11) == .allowed)
    }

    @Test func `clone3 is said not to exist, so that programs use clone`() throws {
        #expect(try machine().answer(to: "clone3") == Self.absent)
    }

    @Test func `AF_ALG and AF_VSOCK are refused and all other families pass`() throws {
        let machine = try machine(adding: ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"])
        for family: UInt64 in 0...60 {
            let expected: FilterMachine.Answer = [38, 40].contains(family) ? Self.refused : .allowed
            #expect(try machine.answer(to: "socket", family, 1) == expected, "\(family)")
        }
    }

    @Test func `only harmless personalities can be had`() throws {
        let machine = try machine()
        for value: UInt64 in [0, 0x8, 0x2_0000, 0x2_0008, 0xFFFF_FFFF] {
            #expect(try machine.answer(to: "personality", value) == .allowed)
        }
        // ADDR_NO_RANDOMIZE and READ_IMPLIES_EXEC.
        for value: UInt64 in [0x4_0000, 0x40_0000] {
            #expect(try machine.answer(to: "personality", value) == Self.refused)
        }
    }

    #if arch(x86_64)
        @Test func `32-bit programs are held to the same`() throws {
            let machine = try machine()
            for name in ["read", "write", "openat", "execve", "mmap2", "stat64", "connect", "ugetrlimit", "waitpid"] {
                #expect(try machine.answer(to: name, on: .x86) == .allowed, "\(name)")
            }
            for name in ["unshare", "mount", "keyctl", "bpf", "io_uring_setup", "vm86", "stime"] {
                #expect(try machine.answer(to: name, on: .x86) == Self.refused, "\(name)")
            }
            for family: UInt64 in 0...60 {
                let expected: FilterMachine.Answer = [38, 40].contains(family) ? Self.refused : .allowed
                #expect(try machine.answer(to: "socket", family, 1, on: .x86) == expected, "\(family)")
            }
        }

        @Test func `32-bit programs cannot make sockets where the family is out of sight`() throws {
            let machine = try machine()
            for call: UInt64 in 1...20 {
                #expect(try machine.answer(to: "socketcall", call, on: .x86) == Self.absent, "\(call)")
            }
        }
    #endif
}
