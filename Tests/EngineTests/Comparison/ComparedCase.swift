internal import Kernel
internal import RuntimeSpec

/// A configuration that every runtime runs, and what is looked at in the container.
struct ComparedCase: Sendable {
    let name: String
    /// Paths in the container that the guest tells of.
    var paths: [String] = []
    /// Processes that enter the container, which then runs until they have ended. They are given the guest as program.
    var later: [ProcessSpec] = []
    /// Whether the container's hooks write what they see; the files' places are in `HookReport`.
    var hasHooks = false
    /// Changes the plain configuration, and what it needs of the bundle.
    let configure: @Sendable (inout Spec, ComparedBundle) throws -> Void

    init(
        _ name: String, paths: [String] = [], later: [ProcessSpec] = [], hasHooks: Bool = false,
        _ configure: @escaping @Sendable (inout Spec, ComparedBundle) throws -> Void = { _, _ in }
    ) {
        self.name = name
        self.paths = paths
        self.later = later
        self.hasHooks = hasHooks
        self.configure = configure
    }

    /// The configuration for one copy of the bundle, with the guest as the program.
    func spec(for bundle: ComparedBundle) throws -> Spec {
        var spec = Spec.compared
        spec.linux?.cgroupsPath = bundle.cgroup
        spec.process?.args = ["/guest", "look"] + paths + CgroupFiles.paths
        try configure(&spec, bundle)
        return spec
    }
}

/// The control files that hold what a configuration limits.
enum CgroupFiles {
    private static let names = [
        "memory": [
            "memory.limit_in_bytes", "memory.soft_limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.swappiness",
            "memory.oom_control", "memory.kmem.tcp.limit_in_bytes",
        ],
        "cpu": ["cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.cfs_burst_us", "cpu.idle"],
        "cpuset": ["cpuset.cpus", "cpuset.mems"],
        "pids": ["pids.max"],
        "blkio": ["blkio.throttle.read_bps_device", "blkio.throttle.write_iops_device", "blkio.bfq.weight"],
        "devices": ["devices.list"],
    ]

    private static let unified = [
        "memory.max", "memory.low", "memory.high", "memory.swap.max", "cpu.weight", "cpu.max", "cpu.idle",
        "cpuset.cpus", "cpuset.mems", "pids.max", "io.max", "io.weight",
    ]

    static let paths =
        names.sorted { $0.key < $1.key }.flatMap { controller, files in
            files.map { "/sys/fs/cgroup/\(controller)/\($0)" }
        } + unified.map { "/sys/fs/cgroup/\($0)" }
}

extension Spec {
    /// What engines ask for by default, but with few rights.
    static var compared: Spec {
        var process = ProcessSpec()
        process.env = ["PATH=/bin:/usr/bin", "MARK=here"]
        process.cwd = "/"
        process.noNewPrivileges = true
        process.capabilities = CapabilitySets(
            bounding: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"])
        let hard = ["nosuid", "noexec", "nodev"]
        var spec = Spec()
        spec.ociVersion = "1.0.2"
        spec.process = process
        spec.root = Root(path: "rootfs")
        spec.hostname = "inside"
        spec.mounts = [
            Mount(destination: "/proc", type: "proc", source: "proc"),
            Mount(
                destination: "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            Mount(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
            Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: hard),
            Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: hard + ["ro"]),
            Mount(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: hard + ["relatime", "ro"]),
        ]
        var linux = Linux()
        linux.namespaces = [.pid, .network, .ipc, .uts, .mount].map { LinuxNamespace(type: $0) }
        spec.linux = linux
        return spec
    }

    mutating func add(_ types: LinuxNamespaceType...) {
        for type in types { linux?.namespaces.append(LinuxNamespace(type: type)) }
    }

    mutating func remove(_ type: LinuxNamespaceType) {
        linux?.namespaces.removeAll { $0.type == type }
    }

    mutating func bind(_ source: String, _ destination: String, _ options: String...) {
        mounts.append(Mount(destination: destination, type: "bind", source: source, options: options))
    }

    mutating func tmpfs(_ destination: String, _ options: String...) {
        mounts.append(Mount(destination: destination, type: "tmpfs", source: "tmpfs", options: options))
    }

    /// Gives the container a user namespace whose root owns the root file system.
    mutating func map(_ bundle: ComparedBundle) throws {
        for path in ["", "/bin", "/dev", "/etc", "/proc", "/sys", "/tmp", "/volume", "/full"] {
            let directory = try FileDescriptor.open(bundle.rootfs + path, .pathOnly)
            try changeOwner(of: directory.rawValue, uid: 100_000, gid: 100_000)
        }
        add(.user)
        linux?.uidMappings = [LinuxIDMapping(containerID: 0, hostID: 100_000, size: 65_536)]
        linux?.gidMappings = [LinuxIDMapping(containerID: 0, hostID: 100_000, size: 65_536)]
    }
}
