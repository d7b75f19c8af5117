internal import ImageSpec
package import Model
package import RuntimeSpec

/// Makes the OCI specification of a container from its image and a person's options, with containerd's defaults.
package enum ContainerSpec {
    ///
    /// - Parameter user: who `options.user`, or else the image's, is; see `Client.user(_:of:snapshotter:)`.
    package static func make(
        image: ResolvedImage, id: String, namespace: String, user: User, options: ContainerOptions
    ) throws(Failure) -> Spec {
        var spec = Spec()
        spec.ociVersion = "1.2.0"
        let capabilities = try capabilities(options)
        spec.process = try process(image, user, capabilities, options)
        spec.root = Root(path: "rootfs", readonly: options.readonly)
        spec.hostname = options.hostNetwork ? nil : options.hostname ?? String(id.prefix(63))
        spec.mounts = defaultMounts + (options.hostNetwork ? hostNetworkMounts : []) + options.mounts
        spec.linux = linux(id, namespace, options)
        let seccomp = options.seccomp ?? (options.privileged ? .unconfined : .standard)
        spec.linux?.seccomp = seccomp.profile(capabilities: capabilities)
        return spec
    }

    private static func process(
        _ image: ResolvedImage, _ user: User, _ capabilities: [String], _ options: ContainerOptions
    ) throws(Failure) -> ProcessSpec {
        let config = image.configuration.config
        let name = image.record.name
        var process = ProcessSpec()
        process.terminal = options.terminal
        let command = options.arguments.isEmpty && options.entrypoint == nil ? config?.command ?? [] : options.arguments
        process.args = (options.entrypoint ?? config?.entrypoint ?? []) + command
        guard !process.args.isEmpty else {
            throw .invalid("image \"\(name)\": names no command; give one after the image")
        }
        process.env = environment(config?.environment ?? [], options)
        process.cwd = options.workingDirectory ?? config?.workingDirectory.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
        guard process.cwd.hasPrefix("/") else {
            throw .invalid("working directory \"\(process.cwd)\": expected an absolute path")
        }
        process.user = user
        process.capabilities = CapabilitySets(bounding: capabilities, effective: capabilities, permitted: capabilities)
        process.noNewPrivileges = !options.privileged
        process.rlimits = [ResourceLimit(type: .openFiles, soft: 1024, hard: 1024)]
        return process
    }

    private static let defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    private static func environment(_ image: [String], _ options: ContainerOptions) -> [String] {
        var merged: [String] = []
        let terminal = options.terminal ? ["TERM=xterm"] : []
        for entry in [defaultPath] + terminal + image + options.environment {
            let key = entry.prefix { $0 != "=" }
            merged.removeAll { $0.prefix { $0 != "=" } == key }
            merged.append(entry)
        }
        return merged
    }

    private static let defaultCapabilities = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
        "CAP_AUDIT_WRITE",
    ]

    private static let otherCapabilities = [
        "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_BLOCK_SUSPEND", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
        "CAP_DAC_READ_SEARCH", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_LEASE", "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN",
        "CAP_MAC_OVERRIDE", "CAP_NET_ADMIN", "CAP_NET_BROADCAST", "CAP_PERFMON", "CAP_SYSLOG", "CAP_SYS_ADMIN",
        "CAP_SYS_BOOT", "CAP_SYS_MODULE", "CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_WAKE_ALARM",
    ]

    private static func capabilities(_ options: ContainerOptions) throws(Failure) -> [String] {
        let known = Set(defaultCapabilities + otherCapabilities)
        func named(_ text: String) throws(Failure) -> String {
            let upper = text.uppercased()
            let name = upper.hasPrefix("CAP_") ? upper : "CAP_\(upper)"
            guard known.contains(name) else { throw .invalid("capability \"\(text)\": unknown; see capabilities(7)") }
            return name
        }
        var set = options.privileged ? defaultCapabilities + otherCapabilities : defaultCapabilities
        for text in options.droppedCapabilities {
            if text.uppercased() == "ALL" {
                set = []
                continue
            }
            let name = try named(text)
            set.removeAll { $0 == name }
        }
        for text in options.addedCapabilities {
            if text.uppercased() == "ALL" {
                set = defaultCapabilities + otherCapabilities
                continue
            }
            let name = try named(text)
            if !set.contains(name) { set.append(name) }
        }
        return set
    }

    private static let defaultMounts: [RuntimeSpec.Mount] = [
        .init(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        .init(
            destination: "/dev", type: "tmpfs", source: "tmpfs",
            options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        .init(
            destination: "/dev/pts", type: "devpts", source: "devpts",
            options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        .init(
            destination: "/dev/shm", type: "tmpfs", source: "shm",
            options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        .init(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
        .init(destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
        .init(
            destination: "/run", type: "tmpfs", source: "tmpfs",
            options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    ]

    private static let hostNetworkMounts: [RuntimeSpec.Mount] = ["/etc/resolv.conf", "/etc/hosts"].map {
        .init(destination: $0, type: "bind", source: $0, options: ["rbind", "ro"])
    }

    private static func linux(_ id: String, _ namespace: String, _ options: ContainerOptions) -> Linux {
        var linux = Linux()
        linux.cgroupsPath = options.cgroupsPath ?? "/\(namespace)/\(id)"
        let types: [LinuxNamespaceType] = [.pid, .ipc, .uts, .mount] + (options.hostNetwork ? [] : [.network])
        linux.namespaces = types.map { LinuxNamespace(type: $0) }
        var resources = Resources()
        resources.devices = [DeviceRule(allow: options.privileged, access: "rwm")]
        if let limit = options.memoryLimit {
            var memory = MemoryResources()
            memory.limit = limit
            resources.memory = memory
        }
        if let cpus = options.cpus {
            var cpu = CPUResources()
            cpu.period = 100_000
            cpu.quota = Int64(cpus * 100_000)
            resources.cpu = cpu
        }
        if let limit = options.pidsLimit { resources.pids = PidsResources(limit: limit) }
        linux.resources = resources
        if !options.privileged {
            linux.maskedPaths = ProtectedPaths.masked
            linux.readonlyPaths = ProtectedPaths.readonly
        }
        return linux
    }
}

extension Client {
    package static let specType = "types.containerd.io/opencontainers/runtime-spec/1/Spec"

    /// The specification as containerd's clients store it.
    package static func payload(_ spec: Spec) -> TypedPayload {
        TypedPayload(typeURL: specType, value: JSONWriter.bytes(of: spec))
    }
}
