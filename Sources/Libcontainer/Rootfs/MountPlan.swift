internal import Kernel
internal import RuntimeSpec

/// One mount of a container, decided before its process exists.
struct MountPlan {
    enum Kind {
        /// A new instance of a file system.
        case filesystem(type: String, source: String)
        /// A file or directory of the host.
        case bind(source: String, recursive: Bool)
        /// The container's view of the control groups, whatever the host's layout is.
        case cgroup
        /// Other attributes for what is mounted there already.
        case remount
    }

    let kind: Kind
    /// Absolute and clean; symbolic links of the container may still lead elsewhere in it.
    let destination: String
    private(set) var options: MountOptions
    /// Nil for a mount whose owners are shown as they are.
    let idMapping: IDMapping?

    struct IDMapping {
        /// Nil stands for the container's own.
        let mappings: UserMappings?
        let isRecursive: Bool
    }

    /// procfs files that a volume may cover, as container managers that virtualise them do.
    private static let coverableProcFiles: Set<String> = [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
        "/proc/loadavg",
        "/proc/slabinfo", "/proc/sys/kernel/ns_last_pid", "/proc/net/dev",
    ]

    /// `bundle` is what relative sources count from.
    /// `mapsContainer` tells that the container has a user namespace.
    init(_ mount: Mount, bundle: String, mapsContainer: Bool = false, field: String) throws(ContainerError) {
        try self.init(mount, at: RootDirectory.clean(mount.destination), bundle: bundle, mapsContainer, field: field)
        if destination == "/" {
            throw ContainerError(.invalidArgument, "\(field).destination: expected a path below the root, found \"/\"")
        }
        try refuseVolumeOverProc(field)
    }

    /// A mount that makes the root itself.
    init(rootOf mount: Mount, bundle: String, mapsContainer: Bool = false, field: String) throws(ContainerError) {
        try self.init(mount, at: "/", bundle: bundle, mapsContainer, field: field)
    }

    private init(
        _ mount: Mount, at destination: String, bundle: String, _ mapsContainer: Bool, field: String
    ) throws(ContainerError) {
        let options = MountOptions(mount.options)
        self.destination = destination
        self.options = options
        let mappings = UserMappings(uids: mount.uidMappings, gids: mount.gidMappings)
        if options.idMapping != nil || !mappings.uids.isEmpty {
            guard !mappings.uids.isEmpty || mapsContainer else {
                throw ContainerError(
                    .invalidArgument,
                    "\(field).options: \"idmap\" needs uidMappings and gidMappings, or a container with a user namespace"
                )
            }
            guard mount.isBind else {
                throw ContainerError(.invalidArgument, "\(field).options: \"idmap\" needs a bind mount")
            }
            idMapping = IDMapping(
                mappings: mappings.uids.isEmpty ? nil : mappings, isRecursive: options.idMapping == .recursive)
        } else {
            idMapping = nil
        }
        let source = mount.source ?? ""
        if options.isRemount {
            if let parameter = options.parameters.first {
                throw ContainerError(
                    .invalidArgument,
                    "\(field).options: \"remount\" changes flags of a mount only, found \"\(parameter.key)\"")
            }
            kind = .remount
        } else if options.isBind || mount.type == "bind" {
            if source.isEmpty {
                throw ContainerError(.invalidArgument, "\(field).source: expected a path to bind, found nothing")
            }
            let absolute = source.hasPrefix("/") ? source : bundle + "/" + source
            kind = .bind(source: absolute, recursive: options.isRecursive)
        } else if mount.type == "cgroup" || mount.type == "cgroup2" {
            kind = .cgroup
        } else if let type = mount.type, type != "none" {
            kind = .filesystem(type: type, source: source.isEmpty ? type : source)
        } else {
            throw ContainerError(.invalidArgument, "\(field).type: expected a file system type, found nothing")
        }
    }

    private func refuseVolumeOverProc(_ field: String) throws(ContainerError) {
        guard destination == "/proc" || destination.hasPrefix("/proc/") else { return }
        if case .filesystem("proc", _) = kind, destination == "/proc" { return }
        // What is bound at /proc itself may be a procfs; that is checked on the opened source.
        if case .bind = kind, destination == "/proc" { return }
        if mayCoverProcFile { return }
        throw ContainerError(
            .invalidArgument, "\(field).destination: mount \"\(destination)\": only a procfs may be mounted below /proc"
        )
    }

    /// Gives the mount's files a SELinux context, unless their file system has its own or they are the host's.
    mutating func label(_ context: String) {
        guard case .filesystem(let type, _) = kind, !Self.unlabelledTypes.contains(type) else { return }
        options.parameters.append(("context", context))
    }

    private static let unlabelledTypes: Set<String> = ["proc", "sysfs", "mqueue"]

    /// The mount, with its attributes, attached nowhere.
    func build() throws(SystemCallError) -> FileDescriptor {
        switch kind {
        case .filesystem(let type, let source):
            return try DetachedMount.filesystem(type: type, source: source, options: options)
        case .bind(let source, let recursive):
            let mount = try DetachedMount.bind(source: source, recursive: recursive)
            try DetachedMount.apply(options, to: mount.rawValue)
            return mount
        case .cgroup, .remount:
            throw SystemCallError("fsopen", on: "cgroup", errno: .invalidArgument)
        }
    }

    /// Whether the target may lie on a procfs.
    var mayCoverProcFile: Bool {
        Self.coverableProcFiles.contains(destination)
    }

    var isProcOrSys: Bool {
        if case .filesystem(let type, _) = kind { return type == "proc" || type == "sysfs" }
        return false
    }
}
