internal import Kernel
internal import RuntimeSpec
internal import TestKit

/// Configurations that combine fields at random, the same in every run: each has a seed of its own.
enum GeneratedCases {
    private typealias Change = @Sendable (inout Spec, inout SeededGenerator) -> Void

    private static let paths = [
        "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/core/somaxconn", "/proc/sys/kernel/msgmax",
        "/proc/sys/kernel/shm_rmid_forced", "/proc/sys/fs/mqueue/msg_max", "/volume", "/volume/file", "/secret",
        "/full",
        "/etc/name", "/tmp", "/new", "/proc/keys", "/proc/sys",
    ]

    /// Each case changes the plain configuration by some of all changes, in an order of its own.
    static func make(_ count: Int, seed: UInt64 = 1) -> [ComparedCase] {
        (0..<count).map { number in
            ComparedCase("generated \(number)", paths: paths) { spec, _ in
                var random = SeededGenerator(state: seed &* 1_000_003 &+ UInt64(number))
                let chosen = changes.shuffled(using: &random).prefix(Int.random(in: 3...7, using: &random))
                // In one order, for some need what others decide.
                for (_, change) in chosen.sorted(by: { $0.rank < $1.rank }) { change(&spec, &random) }
                settle(&spec)
            }
        }
    }

    /// What a namespace that was left out makes impossible.
    private static func settle(_ spec: inout Spec) {
        let linux = spec.linux ?? Linux()
        if !linux.has(.uts) { spec.hostname = nil }
        spec.linux?.sysctl = linux.sysctl.filter { name, _ in
            name.hasPrefix("net.") ? linux.has(.network) : linux.has(.ipc)
        }
    }

    private static let changes: [(rank: Int, change: Change)] =
        [
            namespaces, user, umask, groups, environment, cwd, capabilities, ambient, newPrivileges, limits, score,
            temporary, volume, file, readOnlyRoot, masked, readOnly, devices, sysctl, memory, cpu, pids, deviceRules,
            blockIO, propagation, seccomp,
        ].enumerated().map { ($0.offset, $0.element) }

    private static func some<Element>(_ all: [Element], _ random: inout SeededGenerator) -> [Element] {
        all.filter { _ in Bool.random(using: &random) }
    }

    // MARK: Process

    private static let namespaces: Change = { spec, random in
        for type in some([LinuxNamespaceType.network, .ipc, .uts], &random) { spec.remove(type) }
        if Bool.random(using: &random) { spec.add(.cgroup) }
    }

    private static let user: Change = { spec, random in
        spec.process?.user.uid = [0, 1, 1000, 65_534].randomElement(using: &random)!
        spec.process?.user.gid = [0, 5, 1000, 65_534].randomElement(using: &random)!
    }

    private static let umask: Change = { spec, random in
        spec.process?.user.umask = [0, 0o027, 0o077, 0o777].randomElement(using: &random)!
    }

    private static let groups: Change = { spec, random in
        spec.process?.user.additionalGids = some([0, 4, 10, 1000, 70_000], &random)
    }

    private static let environment: Change = { spec, random in
        spec.process?.env += some(
            ["EMPTY=", "MARK=again", "HOME=/volume", "WITH=a=b c", "PATH=/other", "LINES=a\nb", "_=x"], &random)
    }

    private static let cwd: Change = { spec, random in
        spec.process?.cwd = ["/tmp", "/proc", "/new/made", "/tmp/../etc"].randomElement(using: &random)!
    }

    /// Those that the machine of the tests has for sure.
    private static let known = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETUID",
        "CAP_SYS_CHROOT",
    ]

    private static let capabilities: Change = { spec, random in
        let bounding = some(known, &random)
        let permitted = some(bounding, &random)
        spec.process?.capabilities = CapabilitySets(
            bounding: bounding, effective: some(permitted, &random), inheritable: some(permitted, &random),
            permitted: permitted)
    }

    private static let ambient: Change = { spec, random in
        let all = some(known, &random)
        spec.process?.capabilities = CapabilitySets(
            bounding: all, effective: all, inheritable: all, permitted: all, ambient: some(all, &random))
    }

    private static let newPrivileges: Change = { spec, _ in spec.process?.noNewPrivileges = false }

    private static let limits: Change = { spec, random in
        let types: [ResourceLimitType] = [
            .openFiles, .coreSize, .cpuTime, .processes, .stackSize, .messageQueues, .nice,
        ]
        spec.process?.rlimits = some(types, &random).map { type in
            let hard: UInt64 = type == .nice ? 0 : [600, 1000, 8000].randomElement(using: &random)!
            // A stack that programs can start with.
            let scale: UInt64 = type == .stackSize ? 1 << 13 : 1
            return ResourceLimit(type: type, soft: hard / 2 * scale, hard: hard * scale)
        }
    }

    private static let score: Change = { spec, random in
        spec.process?.oomScoreAdj = Int32.random(in: 0...1000, using: &random)
    }

    // MARK: File systems

    private static let temporary: Change = { spec, random in
        let options = some(
            ["nosuid", "noexec", "nodev", "ro", "size=4m", "mode=1777", "noatime", "nodiratime", "nr_inodes=100"],
            &random)
        let place = ["/tmp", "/volume", "/new/tmp", "/dev/shm"].randomElement(using: &random)!
        spec.mounts.append(Mount(destination: place, type: "tmpfs", source: "tmpfs", options: options))
    }

    private static let volume: Change = { spec, random in
        let options = some(
            ["ro", "nosuid", "noexec", "nodev", "noatime"], &random)
        let propagation = ["rprivate", "rslave", "rshared", "private"].randomElement(using: &random)!
        let kind = Bool.random(using: &random) ? "bind" : "rbind"
        spec.mounts.append(
            Mount(destination: "/volume", type: "bind", source: "data", options: [kind, propagation] + options))
    }

    private static let file: Change = { spec, random in
        let place = ["/etc/name", "/new/file", "/tmp/file"].randomElement(using: &random)!
        spec.mounts.append(
            Mount(destination: place, type: "bind", source: "data/file", options: ["bind"] + some(["ro"], &random)))
    }

    private static let readOnlyRoot: Change = { spec, _ in spec.root?.readonly = true }

    private static let masked: Change = { spec, random in
        spec.linux?.maskedPaths = some(
            ["/proc/keys", "/secret", "/proc/timer_list", "/sys/firmware", "/etc/name", "/missing"], &random)
    }

    private static let readOnly: Change = { spec, random in
        spec.linux?.readonlyPaths = some(["/proc/sys", "/proc/irq", "/proc/bus", "/full", "/missing"], &random)
    }

    private static let devices: Change = { spec, random in
        spec.linux?.devices = some(
            [
                LinuxDevice(path: "/dev/fuse", type: .character, major: 10, minor: 229, fileMode: 0o666),
                LinuxDevice(
                    path: "/dev/net/tun", type: .character, major: 10, minor: 200, fileMode: 0o600, uid: 5, gid: 6),
                LinuxDevice(path: "/dev/loop9", type: .block, major: 7, minor: 9, fileMode: 0o640, gid: 6),
                LinuxDevice(path: "/dev/pipe", type: .fifo, fileMode: 0o622),
                LinuxDevice(path: "/dev/null", type: .character, major: 1, minor: 3, fileMode: 0o666),
            ], &random)
    }

    private static let propagation: Change = { spec, random in
        spec.linux?.rootfsPropagation =
            [.private, .slave, .shared, .recursivePrivate, .recursiveSlave, .recursiveShared].randomElement(
                using: &random)!
    }

    // MARK: Limits

    private static let sysctl: Change = { spec, random in
        let all = [
            "net.ipv4.ip_forward": "1", "net.core.somaxconn": "77", "kernel.msgmax": "9000",
            "kernel.shm_rmid_forced": "1", "fs.mqueue.msg_max": "20",
        ]
        let names = Set(some(all.keys.sorted(), &random))
        spec.linux?.sysctl = all.filter { names.contains($0.key) }
    }

    private static func limit(_ spec: inout Spec, _ change: (inout Resources) -> Void) {
        var resources = spec.linux?.resources ?? Resources()
        change(&resources)
        spec.linux?.resources = resources
    }

    private static let memory: Change = { spec, random in
        var memory = MemoryResources()
        memory.limit = [64 << 20, 100 << 20, -1].randomElement(using: &random)!
        if Bool.random(using: &random) { memory.reservation = 32 << 20 }
        if Bool.random(using: &random) { memory.disableOOMKiller = true }
        limit(&spec) { $0.memory = memory }
    }

    private static let cpu: Change = { spec, random in
        var cpu = CPUResources()
        if Bool.random(using: &random) { cpu.shares = [2, 512, 4096].randomElement(using: &random)! }
        if Bool.random(using: &random) { (cpu.quota, cpu.period) = (50_000, 100_000) }
        if Bool.random(using: &random) { (cpu.cpus, cpu.mems) = ("0", "0") }
        limit(&spec) { $0.cpu = cpu }
    }

    private static let pids: Change = { spec, random in
        let count: Int64 = [-1, 0, 20, 1000].randomElement(using: &random)!
        limit(&spec) { $0.pids = PidsResources(limit: count) }
    }

    private static let deviceRules: Change = { spec, random in
        let rules = some(
            [
                DeviceRule(allow: true, type: .character, major: 10, minor: 229, access: "rwm"),
                DeviceRule(allow: true, type: .character, major: 4, access: "rw"),
                DeviceRule(allow: true, type: .block, major: 7, minor: 9, access: "r"),
                DeviceRule(allow: false, type: .character, major: 10, minor: 229, access: "w"),
            ], &random)
        limit(&spec) { $0.devices = [DeviceRule(allow: false, access: "rwm")] + rules }
    }

    private static let blockIO: Change = { spec, random in
        guard let disk = Machine.disk else { return }
        var blockIO = BlockIOResources()
        blockIO.throttleReadBpsDevice = [BlockIOThrottle(major: disk.major, minor: disk.minor, rate: 1 << 20)]
        if Bool.random(using: &random) {
            blockIO.throttleWriteIOPSDevice = [BlockIOThrottle(major: disk.major, minor: disk.minor, rate: 100)]
        }
        limit(&spec) { $0.blockIO = blockIO }
    }

    private static let seccomp: Change = { spec, random in
        var profile = SeccompProfile()
        profile.defaultAction = .allow
        profile.architectures = some([.amd64, .x86, .x32], &random)
        profile.syscalls = [SeccompRule(names: ["mkdir", "no_such_call", "chroot"], action: .errno, errnoRet: 95)]
        spec.linux?.seccomp = profile
    }
}
