internal import Cgroups
internal import Kernel

/// What a container sees at /sys/fs/cgroup: its own cgroups only, in the layout that the host has.
struct CgroupView {
    let layout: CgroupLayout
    /// The container's directories, by controller; that of version 2 by the empty name.
    let paths: [String: String]
    let hasNamespace: Bool

    func mount(onto target: Int32, options: MountOptions) throws(SystemCallError) {
        let attributes = options.set
        if paths.isEmpty, !hasNamespace { return try mountHosts(onto: target) }
        if layout.mode == .unified {
            let mount = try view(of: nil, paths[""], attributes)
            try DetachedMount.applyPropagation(options, to: mount.rawValue)
            return try attachMount(mount.rawValue, onto: target)
        }
        let directory = try DetachedMount.filesystem(
            type: "tmpfs", source: "cgroup", options: MountOptions(["nosuid", "nodev", "noexec", "mode=755"]))
        try attachMount(directory.rawValue, onto: target)
        for hierarchy in layout.hierarchies {
            guard let first = hierarchy.controllers.first else { continue }
            let name = Self.lastComponent(hierarchy.mountPoint)
            let mount = try view(of: hierarchy.controllers, paths[first], attributes)
            try attach(mount, to: name, of: directory.rawValue)
            for controller in hierarchy.controllers where controller != name && !controller.contains("=") {
                try makeSymbolicLink(controller, in: directory.rawValue, to: name)
            }
        }
        if let unified = layout.unified {
            try attach(
                view(of: nil, paths[""], attributes), to: Self.lastComponent(unified.mountPoint), of: directory.rawValue
            )
        }
        if attributes.contains(.readOnly) { try setMountAttributes(directory.rawValue, set: .readOnly) }
        try DetachedMount.applyPropagation(options, to: directory.rawValue)
    }

    /// What there is to be seen without cgroups or a namespace of the container's own; nothing of it may be written.
    private func mountHosts(onto target: Int32) throws(SystemCallError) {
        let mount = try cloneMount("/sys/fs/cgroup", recursive: true)
        try setMountAttributes(
            mount.rawValue, set: [.readOnly, .noSetUserID, .noDevices, .noExecute], recursive: true)
        try attachMount(mount.rawValue, onto: target)
    }

    /// With a cgroup namespace a new mount of the hierarchy begins at the container's cgroup; without one its directory
    /// is bound. `controllers` is nil for version 2.
    private func view(
        of controllers: [String]?, _ path: String?, _ attributes: MountAttributes
    ) throws(SystemCallError) -> FileDescriptor {
        guard hasNamespace || path == nil else {
            let mount = try cloneMount(path ?? "", recursive: false)
            try setMountAttributes(mount.rawValue, set: attributes)
            return mount
        }
        let context = try FilesystemContext(type: controllers == nil ? "cgroup2" : "cgroup")
        try context.set("source", "cgroup")
        for controller in controllers ?? [] {
            if controller.hasPrefix("name=") {
                try context.set("none")
                try context.set("name", String(controller.dropFirst(5)))
            } else {
                try context.set(controller)
            }
        }
        return try context.mount(attributes)
    }

    private func attach(
        _ mount: borrowing FileDescriptor, to name: String, of directory: Int32
    ) throws(SystemCallError) {
        try makeDirectory(name, in: directory, mode: 0o755)
        let target = try FileDescriptor.open(name, [.pathOnly, .directory, .noFollow], beneath: directory)
        try attachMount(mount.rawValue, onto: target.rawValue)
    }

    private static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
