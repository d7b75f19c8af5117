internal import Kernel
internal import RuntimeSpec

let specCommand = Command(
    name: "spec", summary: "write a config.json to begin with",
    examples: ["spec --bundle ./bundle"],
    arguments: "", words: 0...0,
    options: [
        .value("bundle", "b", "DIR", "the directory to write it to (the working directory)"),
        .flag("rootless", nil, "for a user without rights, in a user namespace of his"),
    ]
) { (options, _) throws(Failure) in
    let path = (options["bundle"] ?? ".") + "/config.json"
    var spec = Spec.example
    if options.has("rootless") { spec.makeRootless() }
    let bytes = JSONWriter.bytes(of: spec, layout: .indented) + [UInt8(ascii: "\n")]
    try system("write configuration") { () throws(SystemCallError) in
        let file = try FileDescriptor.open(path, [.writeOnly, .create, .exclusive], mode: 0o644)
        let text = String(decoding: bytes, as: UTF8.self)
        try file.write(text, name: path)
    }
    return 0
}

extension Spec {
    /// A shell in namespaces of its own, with few rights.
    static var example: Spec {
        var process = ProcessSpec()
        process.terminal = true
        process.args = ["sh"]
        process.env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"]
        process.cwd = "/"
        let capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        process.capabilities = CapabilitySets(
            bounding: capabilities, effective: capabilities, permitted: capabilities)
        process.rlimits = [ResourceLimit(type: .openFiles, soft: 1024, hard: 1024)]
        process.noNewPrivileges = true
        var linux = Linux()
        linux.namespaces = [.pid, .network, .ipc, .uts, .mount, .cgroup].map { LinuxNamespace(type: $0) }
        linux.maskedPaths = [
            "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
            "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
        ]
        linux.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        var spec = Spec()
        spec.ociVersion = Program.specification
        spec.process = process
        spec.root = Root(path: "rootfs", readonly: true)
        spec.hostname = "berth"
        spec.mounts = Self.exampleMounts
        spec.linux = linux
        return spec
    }

    private static var exampleMounts: [Mount] {
        let hard = ["nosuid", "noexec", "nodev"]
        return [
            Mount(destination: "/proc", type: "proc", source: "proc"),
            Mount(
                destination: "/dev", type: "tmpfs", source: "tmpfs",
                options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            Mount(
                destination: "/dev/pts", type: "devpts", source: "devpts",
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            Mount(
                destination: "/dev/shm", type: "tmpfs", source: "shm", options: hard + ["mode=1777", "size=65536k"]),
            Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: hard),
            Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: hard + ["ro"]),
            Mount(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: hard + ["relatime", "ro"]),
        ]
    }

    /// The caller becomes root of a user namespace, with nobody else in it; what only the host's root may make is
    /// shared with the host.
    fileprivate mutating func makeRootless() {
        linux?.namespaces.removeAll { $0.type == .network }
        linux?.namespaces.append(LinuxNamespace(type: .user))
        linux?.uidMappings = [LinuxIDMapping(containerID: 0, hostID: effectiveUser(), size: 1)]
        linux?.gidMappings = [LinuxIDMapping(containerID: 0, hostID: effectiveGroup(), size: 1)]
        linux?.resources = nil
        for index in mounts.indices {
            mounts[index].options.removeAll { $0.hasPrefix("gid=") || $0.hasPrefix("uid=") }
            guard mounts[index].destination == "/sys" else { continue }
            mounts[index] = Mount(
                destination: "/sys", type: "none", source: "/sys",
                options: ["rbind", "nosuid", "noexec", "nodev", "ro"])
        }
    }
}
