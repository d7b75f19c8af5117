internal import Kernel
internal import RuntimeSpec

/// Configurations that engines write, and those whose fields have a story.
enum PickedCases {
    static let all: [ComparedCase] = process + filesystems + userNamespaces + kernel + entering

    private static let process: [ComparedCase] = [
        ComparedCase("plain"),
        ComparedCase("no capabilities at all") { spec, _ in spec.process?.capabilities = nil },
        ComparedCase("ambient capabilities of a user") { spec, _ in
            let names = ["CAP_NET_BIND_SERVICE", "CAP_KILL"]
            spec.process?.user = User(uid: 1000, gid: 1000)
            spec.process?.capabilities = CapabilitySets(
                bounding: names, effective: names, inheritable: names, permitted: names, ambient: ["CAP_KILL"])
        },
        ComparedCase("ambient without inheritable") { spec, _ in
            let names = ["CAP_NET_BIND_SERVICE", "CAP_KILL"]
            spec.process?.capabilities = CapabilitySets(
                bounding: names, effective: names, permitted: names, ambient: names)
        },
        ComparedCase("a user without rights and with groups") { spec, _ in
            spec.process?.user = User(uid: 1000, gid: 1001, umask: 0o027, additionalGids: [10, 20, 1001])
        },
        ComparedCase("a user of the password file finds a home") { spec, bundle in
            try SmallFile.replace(
                bundle.rootfs + "/etc/passwd", with: Array("root:x:0:0::/root:/bin/sh\nu:x:7:7::/tmp:/bin/sh\n".utf8),
                mode: 0o644)
            spec.process?.user = User(uid: 7, gid: 7)
        },
        ComparedCase("a terminal") { spec, _ in spec.process?.terminal = true },
        ComparedCase("a terminal of a user") { spec, _ in
            spec.process?.terminal = true
            spec.process?.user = User(uid: 1000, gid: 1000)
            spec.process?.consoleSize = ConsoleSize(height: 30, width: 100)
        },
        ComparedCase("no environment") { spec, _ in spec.process?.env = [] },
        ComparedCase("a process without PATH") { spec, _ in spec.process?.env = ["A=1"] },
        ComparedCase("a working directory that is not there") { spec, _ in spec.process?.cwd = "/made/for/it" },
        ComparedCase("a working directory that is not there, of a user") { spec, _ in
            spec.process?.cwd = "/made/for/user"
            spec.process?.user = User(uid: 1000, gid: 1000)
        },
        ComparedCase("every limit") { spec, _ in
            spec.process?.rlimits = [
                ResourceLimit(type: .addressSpace, soft: 8 << 30, hard: 8 << 30),
                ResourceLimit(type: .coreSize, soft: 0, hard: 0),
                ResourceLimit(type: .cpuTime, soft: 50, hard: 60),
                ResourceLimit(type: .dataSize, soft: 1 << 30, hard: 1 << 30),
                ResourceLimit(type: .fileSize, soft: 1 << 30, hard: 1 << 31),
                ResourceLimit(type: .locks, soft: 10, hard: 20),
                ResourceLimit(type: .lockedMemory, soft: 1024, hard: 4096),
                ResourceLimit(type: .messageQueues, soft: 1024, hard: 4096),
                ResourceLimit(type: .openFiles, soft: 100, hard: 200),
                ResourceLimit(type: .processes, soft: 1000, hard: 2000),
                ResourceLimit(type: .residentSet, soft: 1 << 30, hard: 1 << 30),
                ResourceLimit(type: .realtimeTime, soft: 1000, hard: 2000),
                ResourceLimit(type: .pendingSignals, soft: 10, hard: 20),
                ResourceLimit(type: .stackSize, soft: 1 << 22, hard: 1 << 23),
            ]
        },
        ComparedCase("the domain name") { spec, _ in spec.domainname = "example.org" },
        ComparedCase("hooks of all kinds", hasHooks: true) { spec, _ in
            spec.annotations = ["one": "1", "two": ""]
        },
        ComparedCase("a seccomp filter with arguments") { spec, _ in
            var profile = SeccompProfile()
            profile.defaultAction = .allow
            profile.architectures = [.amd64, .x86, .x32]
            profile.syscalls = [
                SeccompRule(
                    names: ["personality"], action: .errno, errnoRet: 95,
                    args: [SeccompArgument(index: 0, value: 8, op: .equal)])
            ]
            spec.linux?.seccomp = profile
        },
        ComparedCase("a seccomp filter that forbids by default") { spec, _ in
            var profile = SeccompProfile()
            profile.defaultAction = .errno
            profile.syscalls = [
                SeccompRule(
                    names: [
                        "execve", "exit_group", "read", "write", "openat", "open", "close", "fstat", "newfstatat",
                        "mmap",
                        "munmap", "mprotect", "brk", "getdents64", "readlink", "readlinkat", "arch_prctl", "prlimit64",
                        "getrandom", "rseq", "set_tid_address", "set_robust_list", "futex", "lseek", "faccessat",
                        "faccessat2", "personality", "ioprio_get", "getcwd", "rt_sigaction", "rt_sigprocmask", "fcntl",
                        "getpid", "gettid", "clock_gettime", "madvise", "stat", "statfs", "fstatfs", "poll", "ioctl",
                        "openat2", "sched_getaffinity", "uname", "capset", "setuid", "setgid", "setgroups", "prctl",
                        "chdir", "fchdir", "capget", "getppid", "epoll_ctl", "epoll_pwait", "nanosleep", "sigaltstack",
                        "tgkill", "writev", "readv", "close_range", "dup3", "pread64", "rt_sigreturn", "getuid",
                        "geteuid",
                        "setresuid", "setresgid", "execveat", "connect", "socket", "sendto", "sched_yield", "seccomp",
                    ], action: .allow)
            ]
            spec.linux?.seccomp = profile
        },
    ]

    private static let filesystems: [ComparedCase] = [
        ComparedCase("tmpfs with options", paths: ["/tmp", "/new/place"]) { spec, _ in
            spec.tmpfs("/tmp", "nosuid", "nodev", "noexec", "size=1m", "mode=1777", "uid=5", "gid=6")
            spec.tmpfs("/new/place", "noatime", "nr_inodes=50", "ro")
        },
        ComparedCase("tmpfs without a mode takes that of the directory", paths: ["/closed"]) { spec, bundle in
            try makeDirectory(bundle.rootfs + "/closed", mode: 0o750)
            spec.tmpfs("/closed")
        },
        ComparedCase("tmpcopyup", paths: ["/full", "/full/one"]) { spec, _ in spec.tmpfs("/full", "tmpcopyup") },
        ComparedCase("a file bound to a file", paths: ["/etc/name", "/new/name"]) { spec, _ in
            spec.bind("data/file", "/etc/name", "bind", "ro")
            spec.bind("data/file", "/new/name", "rbind", "nosuid")
        },
        ComparedCase("a directory bound, absolute", paths: ["/volume", "/volume/file"]) { spec, bundle in
            spec.bind(bundle.directory + "/data", "/volume", "rbind", "rprivate", "rw")
        },
        ComparedCase("binds with every flag", paths: ["/volume/file"]) { spec, _ in
            spec.bind("data", "/volume", "bind", "ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime")
        },
        ComparedCase("a read-only bind that is not recursive", paths: ["/volume"]) { spec, _ in
            spec.bind("/dev", "/volume", "rbind", "ro")
        },
        ComparedCase("rro", paths: ["/volume/mqueue", "/volume"]) { spec, _ in
            spec.tmpfs("/tmp", "mode=755")
            spec.bind("/sys", "/volume", "rbind", "rro")
        },
        ComparedCase("propagation of binds") { spec, _ in
            spec.bind("data", "/volume", "rbind", "rshared")
            spec.bind("data", "/full", "rbind", "rslave")
            spec.linux?.rootfsPropagation = .recursiveShared
        },
        ComparedCase("a destination behind a link", paths: ["/real", "/link"]) { spec, bundle in
            try makeDirectory(bundle.rootfs + "/real", mode: 0o755)
            let root = try FileDescriptor.open(bundle.rootfs, [.pathOnly, .directory])
            try makeSymbolicLink("link", in: root.rawValue, to: "/real")
            spec.bind("data", "/link", "bind")
        },
        ComparedCase("a relative destination", paths: ["/volume/file"]) { spec, _ in spec.bind("data", "volume", "bind")
        },
        ComparedCase("a read-only root", paths: ["/tmp", "/"]) { spec, _ in spec.root?.readonly = true },
        ComparedCase("an absolute root") { spec, bundle in spec.root?.path = bundle.rootfs },
        ComparedCase(
            "docker's masked and read-only paths",
            paths: ["/proc/kcore", "/proc/keys", "/proc/sys", "/proc/acpi", "/sys/firmware", "/proc/sysrq-trigger"]
        ) { spec, _ in
            spec.linux?.maskedPaths = [
                "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
                "/sys/devices/virtual/powercap",
            ]
            spec.linux?.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        },
        ComparedCase("devices of all kinds") { spec, _ in
            spec.linux?.devices = [
                LinuxDevice(
                    path: "/dev/fuse", type: .character, major: 10, minor: 229, fileMode: 0o666, uid: 1, gid: 2),
                LinuxDevice(path: "/dev/below/tun", type: .unbufferedCharacter, major: 10, minor: 200, fileMode: 0o600),
                LinuxDevice(path: "/dev/loop9", type: .block, major: 7, minor: 9, fileMode: 0o640, gid: 6),
                LinuxDevice(path: "/dev/pipe", type: .fifo, fileMode: 0o622),
            ]
        },
        ComparedCase("a device without a mode") { spec, _ in
            spec.linux?.devices = [LinuxDevice(path: "/dev/fuse", type: .character, major: 10, minor: 229)]
        },
        ComparedCase("a device outside of /dev", paths: ["/tmp/zero"]) { spec, _ in
            spec.linux?.devices = [
                LinuxDevice(path: "/tmp/zero", type: .character, major: 1, minor: 5, fileMode: 0o604)
            ]
        },
        ComparedCase("the host's /dev") { spec, _ in
            spec.mounts.removeAll { $0.destination.hasPrefix("/dev") }
            spec.bind("/dev", "/dev", "rbind", "rprivate")
        },
        ComparedCase("no file system but the root") { spec, _ in
            spec.mounts = [Mount(destination: "/proc", type: "proc", source: "proc")]
        },
        ComparedCase("shared memory as docker mounts it", paths: ["/dev/shm"]) { spec, _ in
            spec.mounts.append(
                Mount(
                    destination: "/dev/shm", type: "tmpfs", source: "shm",
                    options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]))
        },
        ComparedCase("proc with options") { spec, _ in
            spec.mounts[0].options = ["nosuid", "noexec", "nodev", "hidepid=2"]
        },
        ComparedCase("a writable sysfs and cgroups") { spec, _ in
            spec.mounts[4].options.removeAll { $0 == "ro" }
            spec.mounts[5].options.removeAll { $0 == "ro" }
            spec.add(.cgroup)
        },
    ]

    private static let userNamespaces: [ComparedCase] = [
        ComparedCase("a user namespace", paths: ["/tmp", "/etc/name", "/full/one"]) { spec, bundle in
            try spec.map(bundle)
        },
        ComparedCase("a user namespace with its user 1000") { spec, bundle in
            try spec.map(bundle)
            spec.process?.user = User(uid: 1000, gid: 1000, additionalGids: [5, 6])
        },
        ComparedCase("a user namespace with several ranges") { spec, bundle in
            try spec.map(bundle)
            spec.linux?.uidMappings = [
                LinuxIDMapping(containerID: 0, hostID: 100_000, size: 10),
                LinuxIDMapping(containerID: 10, hostID: 5000, size: 1),
                LinuxIDMapping(containerID: 1000, hostID: 200_000, size: 5),
            ]
            spec.linux?.gidMappings = [LinuxIDMapping(containerID: 0, hostID: 100_000, size: 100)]
            spec.process?.user = User(uid: 1003, gid: 7)
        },
        ComparedCase("a user namespace with devices, binds and masks", paths: ["/volume", "/proc/keys"]) {
            spec, bundle in
            try spec.map(bundle)
            spec.bind("data", "/volume", "rbind", "ro")
            spec.linux?.devices = [
                LinuxDevice(path: "/dev/fuse", type: .character, major: 10, minor: 229, fileMode: 0o666)
            ]
            spec.linux?.maskedPaths = ["/proc/keys", "/secret"]
            spec.linux?.readonlyPaths = ["/proc/sys"]
            spec.add(.cgroup)
        },
        ComparedCase("a user namespace with all capabilities it can have") { spec, bundle in
            try spec.map(bundle)
            let names = ["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETUID"]
            spec.process?.capabilities = CapabilitySets(bounding: names, effective: names, permitted: names)
        },
    ]

    private static let kernel: [ComparedCase] = [
        ComparedCase("a cgroup namespace") { spec, _ in spec.add(.cgroup) },
        ComparedCase("no namespace but the mounts'") { spec, _ in
            spec.linux?.namespaces = [LinuxNamespace(type: .mount)]
            spec.hostname = nil
            spec.mounts.removeAll { ["mqueue", "sysfs", "cgroup"].contains($0.type) }
        },
        ComparedCase("namespaces that are joined") { spec, _ in
            spec.remove(.network)
            spec.remove(.ipc)
            spec.linux?.namespaces.append(LinuxNamespace(type: .network, path: "/proc/self/ns/net"))
            spec.linux?.namespaces.append(LinuxNamespace(type: .ipc, path: "/proc/self/ns/ipc"))
            spec.mounts.removeAll { ["mqueue", "sysfs", "cgroup"].contains($0.type) }
        },
        ComparedCase("a time namespace") { spec, _ in
            spec.add(.time)
            spec.linux?.timeOffsets = [
                "monotonic": LinuxTimeOffset(secs: 1000, nanosecs: 5),
                "boottime": LinuxTimeOffset(secs: 2000, nanosecs: 0),
            ]
        },
        ComparedCase(
            "sysctls",
            paths: ["/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/msgmax", "/proc/sys/net/ipv4/ping_group_range"]
        ) { spec, _ in
            spec.linux?.sysctl = [
                "net.ipv4.ip_forward": "1", "kernel.msgmax": "9999", "net.ipv4.ping_group_range": "0 1000",
                "kernel.sem": "250 32000 100 128",
            ]
        },
        ComparedCase("a sysctl with slashes", paths: ["/proc/sys/net/ipv4/conf/lo/forwarding"]) { spec, _ in
            spec.linux?.sysctl = ["net/ipv4/conf/lo/forwarding": "1"]
        },
        ComparedCase("a 32-bit personality") { spec, _ in spec.linux?.personality = LinuxPersonality(domain: .linux32)
        },
        ComparedCase("batch scheduling") { spec, _ in
            spec.process?.scheduler = Scheduler()
            spec.process?.scheduler?.policy = .batch
            spec.process?.scheduler?.nice = 5
        },
        ComparedCase("an I/O priority") { spec, _ in
            spec.process?.ioPriority = IOPriority(priorityClass: .bestEffort, priority: 6)
        },
        ComparedCase("memory and swap") { spec, _ in
            spec.linux?.resources = Resources()
            spec.linux?.resources?.memory = MemoryResources()
            spec.linux?.resources?.memory?.limit = 64 << 20
            spec.linux?.resources?.memory?.swap = 64 << 20
            spec.linux?.resources?.memory?.reservation = 32 << 20
        },
        ComparedCase("swappiness") { spec, _ in
            spec.linux?.resources = Resources()
            spec.linux?.resources?.memory = MemoryResources()
            spec.linux?.resources?.memory?.swappiness = 10
        },
        ComparedCase("a quota without a period") { spec, _ in
            spec.linux?.resources = Resources()
            spec.linux?.resources?.cpu = CPUResources()
            spec.linux?.resources?.cpu?.quota = 30_000
        },
        ComparedCase("docker's device rules") { spec, _ in
            spec.linux?.resources = Resources()
            spec.linux?.resources?.devices = [
                DeviceRule(allow: false, access: "rwm"),
                DeviceRule(allow: true, type: .character, major: 1, minor: 5, access: "rwm"),
                DeviceRule(allow: true, type: .character, major: 1, minor: 3, access: "rwm"),
                DeviceRule(allow: true, type: .character, major: 136, access: "rwm"),
                DeviceRule(allow: false, type: .character, major: 10, minor: 229, access: "rwm"),
            ]
        },
        ComparedCase("every device allowed") { spec, _ in
            spec.linux?.resources = Resources()
            spec.linux?.resources?.devices = [DeviceRule(allow: true, access: "rwm")]
        },
    ]

    // MARK: Later processes

    private static func later(_ configure: (inout ProcessSpec) -> Void = { _ in }) -> ProcessSpec {
        var process = Spec.compared.process ?? ProcessSpec()
        configure(&process)
        return process
    }

    private static let entering: [ComparedCase] = [
        ComparedCase(
            "later processes",
            later: [
                later(),
                later { $0.user = User(uid: 1000, gid: 1001, umask: 0o077, additionalGids: [7, 8]) },
                later { $0.env = ["ONLY=this"] },
                later { $0.cwd = "/etc" },
                later { $0.capabilities = nil },
                later {
                    let names = ["CAP_CHOWN", "CAP_KILL"]
                    $0.user = User(uid: 5, gid: 5)
                    $0.capabilities = CapabilitySets(
                        bounding: names, effective: names, inheritable: names, permitted: names, ambient: names)
                },
                later { $0.noNewPrivileges = false },
                later { $0.rlimits = [ResourceLimit(type: .openFiles, soft: 50, hard: 60)] },
                later { $0.oomScoreAdj = 700 },
            ]),
        ComparedCase(
            "a later process with a terminal", later: [later { $0.terminal = true }]),
        ComparedCase("later processes of a user namespace", later: [later(), later { $0.user = User(uid: 9, gid: 9) }])
        {
            spec, bundle in
            try spec.map(bundle)
            spec.add(.cgroup)
        },
        ComparedCase(
            "later processes of a container with everything", paths: ["/volume", "/proc/keys"],
            later: [later()]
        ) { spec, _ in
            spec.bind("data", "/volume", "bind", "ro")
            spec.linux?.maskedPaths = ["/proc/keys"]
            spec.process?.oomScoreAdj = 500
            spec.process?.rlimits = [ResourceLimit(type: .openFiles, soft: 100, hard: 200)]
            spec.add(.cgroup)
            spec.linux?.resources = Resources()
            spec.linux?.resources?.memory = MemoryResources()
            spec.linux?.resources?.memory?.limit = 128 << 20
            var profile = SeccompProfile()
            profile.defaultAction = .allow
            profile.syscalls = [SeccompRule(names: ["chroot"], action: .errno)]
            spec.linux?.seccomp = profile
        },
    ]
}
