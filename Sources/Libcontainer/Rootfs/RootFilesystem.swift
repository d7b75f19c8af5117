internal import Kernel

/// The container's file systems as they come into being, in its own mount namespace, before it is confined to them.
struct RootFilesystem: ~Copyable {
    private let plan: RootfsPlan
    private let root: RootDirectory
    /// The host's root, as this namespace has it, until it is detached.
    private let hostRoot: FileDescriptor
    /// The devpts that the configuration mounts at /dev/pts, to open the terminal on without resolving a path.
    /// -1 without one. This value's to close.
    private var devpts: Int32 = -1

    deinit {
        if devpts >= 0 { _ = FileDescriptor(owning: devpts) }
    }

    /// Cuts the namespace's mounts off from the host's, and attaches the root file system.
    init(_ plan: RootfsPlan, _ prepared: borrowing PreparedMounts) throws(SetupFailure) {
        let hostRoot = try during(.rootPropagation, "/") { () throws(SystemCallError) in
            let hostRoot = try FileDescriptor.open("/", .pathOnly)
            try setMountAttributes(
                hostRoot.rawValue, propagation: plan.propagation?.kind ?? .slave,
                recursive: plan.propagation?.recursive ?? true)
            return hostRoot
        }
        let root = try during(.mountRoot, plan.path) { () throws(SystemCallError) in
            var target = try FileDescriptor.open(plan.path, [.pathOnly, .directory])
            // Below a parent that shares its mounts, ours would appear on the host, and pivot_root(2) refuses it.
            if plan.propagation != nil { try Self.makeParentPrivate(of: target.rawValue) }
            guard !plan.layers.isEmpty else {
                let copy = try cloneMount("", relativeTo: target.rawValue, recursive: true)
                try attachMount(copy.rawValue, onto: target.rawValue)
                return RootDirectory(copy)
            }
            for (index, layer) in plan.layers.enumerated() {
                let mount = try prepared.layer(index, of: layer)
                try attachMount(mount.rawValue, onto: target.rawValue)
                target = mount
            }
            return RootDirectory(target)
        }
        self.plan = plan
        self.root = root
        self.hostRoot = hostRoot
    }

    private static func makeParentPrivate(of directory: Int32) throws(SystemCallError) {
        var place = try FileDescriptor.open(".", [.pathOnly, .directory], beneath: directory)
        while try !isMountRoot(place.rawValue) {
            place = try FileDescriptor.open("..", [.pathOnly, .directory], beneath: place.rawValue)
        }
        try setMountAttributes(place.rawValue, propagation: .private)
    }

    /// Mounts everything the configuration lists.
    mutating func mountAll(_ prepared: borrowing PreparedMounts) throws(SetupFailure) {
        for index in plan.mounts.indices {
            do throws(SetupFailure) {
                try mount(index, prepared)
            } catch {
                throw error.at("mounts[\(index)]")
            }
        }
    }

    private mutating func mount(_ index: Int, _ prepared: borrowing PreparedMounts) throws(SetupFailure) {
        let mount = plan.mounts[index]
        switch mount.kind {
        case .filesystem(let type, let source): try mountFilesystem(mount, type: type, source: source)
        case .bind:
            let copy = try during(.mount, mount.destination) { () throws(SystemCallError) in
                try prepared.mount(index, of: mount)
            }
            try mountBind(mount, copy)
        case .cgroup:
            try during(.mount, mount.destination) { () throws(SystemCallError) in
                let target = try root.makeDirectories(mount.destination)
                try plan.cgroups.mount(onto: target.rawValue, options: mount.options)
            }
        case .remount: try remount(mount)
        }
    }

    private mutating func mountFilesystem(
        _ mount: MountPlan, type: String, source: String
    ) throws(SetupFailure) {
        // As with runc, a tmpfs has the permissions of the directory that it covers, unless it was made for it.
        let hasOwnMode = type == "tmpfs" && root.hasDirectory(mount.destination)
        // A link in place of /proc or /sys would leave the real ones of the image unmasked.
        let target = try during(.mount, mount.destination) { () throws(SystemCallError) in
            try root.makeDirectories(mount.destination, followingLinks: !mount.isProcOrSys)
        }
        if !mount.isProcOrSys { try refuseProcTarget(mount, target.rawValue) }
        let made = try during(.mount, mount.destination) { () throws(SystemCallError) in
            var defaults: [(key: String, value: String?)] = []
            if hasOwnMode {
                let status = try FileStatus(of: target.rawValue)
                defaults.append(("mode", String(status.permissions, radix: 8)))
            }
            let made = try DetachedMount.filesystem(
                type: type, source: source, options: mount.options, defaults: defaults)
            if mount.options.copiesUp {
                let covered = try root.open(mount.destination, [.readOnly, .directory])
                try copyTree(from: covered.rawValue, to: made.rawValue)
                if mount.options.set.contains(.readOnly) { try setMountAttributes(made.rawValue, set: .readOnly) }
            }
            try DetachedMount.applyRecursive(mount.options, to: made.rawValue)
            try DetachedMount.applyPropagation(mount.options, to: made.rawValue)
            try attachMount(made.rawValue, onto: target.rawValue)
            return made
        }
        if type == "devpts", mount.destination == "/dev/pts" { devpts = made.release() }
    }

    private func mountBind(_ mount: MountPlan, _ made: borrowing FileDescriptor) throws(SetupFailure) {
        try during(.mount, mount.destination) { () throws(SystemCallError) in
            try DetachedMount.applyPropagation(mount.options, to: made.rawValue)
        }
        let target = try during(.mount, mount.destination) { () throws(SystemCallError) in
            let isDirectory = try FileStatus(of: made.rawValue).kind == .directory
            return isDirectory
                ? try root.makeDirectories(mount.destination, followingLinks: mount.destination != "/proc")
                : try root.makeFile(mount.destination)
        }
        if mount.destination == "/proc" {
            let magic = try during(.mount, mount.destination) { () throws(SystemCallError) in
                try filesystemMagic(of: made.rawValue)
            }
            guard magic == .proc else {
                throw SetupFailure(.mount, mount.destination, refused: "only a procfs may be mounted here")
            }
        } else {
            try refuseProcTarget(mount, target.rawValue)
        }
        try during(.mount, mount.destination) { () throws(SystemCallError) in
            try attachMount(made.rawValue, onto: target.rawValue)
        }
    }

    /// Only of mounts that the container has to itself: the root file system's own, or one that was made before.
    private func remount(_ mount: MountPlan) throws(SetupFailure) {
        let target = try during(.mount, mount.destination) { () throws(SystemCallError) in
            try root.open(mount.destination)
        }
        guard try during(.mount, mount.destination, { () throws(SystemCallError) in try isMountRoot(target.rawValue) })
        else {
            throw SetupFailure(.mount, mount.destination, refused: "nothing is mounted there to be remounted")
        }
        try during(.mount, mount.destination) { () throws(SystemCallError) in
            try DetachedMount.apply(mount.options, to: target.rawValue)
            try DetachedMount.applyPropagation(mount.options, to: target.rawValue)
        }
    }

    /// A link of the image can lead a harmless destination into /proc, where a volume would forge what the kernel says.
    private func refuseProcTarget(_ mount: MountPlan, _ target: Int32) throws(SetupFailure) {
        if mount.mayCoverProcFile { return }
        let magic = try during(.mount, mount.destination) { () throws(SystemCallError) in
            try filesystemMagic(of: target)
        }
        if magic == .proc {
            throw SetupFailure(.mount, mount.destination, refused: "the destination lies on a procfs")
        }
    }

    /// The directory a new process starts in, made where it is missing.
    func makeWorkingDirectory() throws(SetupFailure) {
        _ = try during(.workingDirectory, plan.cwd) { () throws(SystemCallError) in
            try root.makeDirectories(plan.cwd)
        }
    }

    func makeDevices() throws(SetupFailure) {
        if plan.makesDevices {
            try DeviceDirectory.populate(root, devices: plan.devices, bindsHostNodes: plan.bindsDevices)
        }
    }

    /// Opens a pseudo-terminal of the container's own devpts and shows its slave as /dev/console.
    func openConsole() throws(SetupFailure) -> Terminal {
        let terminal = try openTerminal()
        try during(.console, "/dev/console") { () throws(SystemCallError) in
            let console = try root.makeFile("/dev/console", followingLinks: false)
            let copy = try cloneMount("", relativeTo: terminal.slave.rawValue, recursive: false)
            try attachMount(copy.rawValue, onto: console.rawValue)
        }
        return terminal
    }

    private func openTerminal() throws(SetupFailure) -> Terminal {
        if devpts >= 0 { return try Terminal.open(in: devpts) }
        let directory = try during(.terminal, "/dev/pts") { () throws(SystemCallError) in
            try root.open("/dev/pts", [.readOnly, .directory])
        }
        return try Terminal.open(in: directory.rawValue)
    }

    /// Masked and read-only paths; then the root itself, if it is to be read-only.
    func protect() throws(SetupFailure) {
        try PathProtection.protect(
            root, masked: plan.maskedPaths, readonly: plan.readonlyPaths, scratch: plan.scratch,
            bindsHostNodes: plan.bindsDevices)
        if plan.isReadOnly {
            try during(.protectRoot, plan.path) { () throws(SystemCallError) in
                try setMountAttributes(root.descriptor.rawValue, set: .readOnly)
            }
        }
    }

    /// Makes the root file system the root, and the host's unreachable.
    func becomeRoot() throws(SetupFailure) {
        try during(.pivot, plan.path) { () throws(SystemCallError) in
            try changeDirectory(to: root.descriptor.rawValue)
            if plan.noPivot {
                try moveMountToRoot()
            } else {
                try pivotRoot()
                // Detaching mounts that the host shares would detach them there.
                if plan.propagation != nil {
                    try setMountAttributes(hostRoot.rawValue, propagation: .slave, recursive: true)
                }
                try detachMount(".")
            }
            try changeDirectory(to: "/")
            if let propagation = plan.propagation {
                try setMountAttributes(
                    root.descriptor.rawValue, propagation: propagation.kind, recursive: propagation.recursive)
            }
        }
    }
}
