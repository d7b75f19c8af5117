internal import Kernel
internal import RuntimeSpec

/// Everything about a container's file systems, decided before its process exists.
struct RootfsPlan {
    /// The directory on the host that becomes the root.
    let path: String
    /// What is mounted on `path` first, in the container's mount namespace only.
    let layers: [MountPlan]
    let mounts: [MountPlan]
    let devices: [LinuxDevice]
    let maskedPaths: [String]
    let readonlyPaths: [String]
    let isReadOnly: Bool
    /// Of every host mount in the container's namespace, and of its root in the end. Nil: slaves of the host's.
    let propagation: (kind: Propagation, recursive: Bool)?
    let noPivot: Bool
    /// Whether the creator has to make what comes from the host: the container's user namespace gives no right to it. A
    /// creator without rights has no more of them than the container.
    let preparesHostMounts: Bool
    /// Whether device nodes cannot be made, so that the host's are shown.
    let bindsDevices: Bool
    let cgroups: CgroupView
    let cwd: String
    /// A directory of the host to put the covers of masked paths on, in the container's namespace only.
    let scratch: String

    init(
        _ spec: Spec, _ options: ContainerOptions, caller: Caller, bundle: String, cgroups: CgroupView, scratch: String
    ) throws(ContainerError) {
        let root = spec.root ?? Root()
        path = root.path.hasPrefix("/") ? root.path : bundle + "/" + root.path
        isReadOnly = root.readonly
        let linux = spec.linux ?? Linux()
        let hasUserNamespace = linux.has(.user)
        preparesHostMounts = hasUserNamespace && caller != .user
        bindsDevices = hasUserNamespace || caller != .hostRoot
        var plans: [MountPlan] = []
        for (index, mount) in spec.mounts.enumerated() {
            plans.append(
                try MountPlan(mount, bundle: bundle, mapsContainer: hasUserNamespace, field: "mounts[\(index)]"))
        }
        if let label = linux.mountLabel { for index in plans.indices { plans[index].label(label) } }
        mounts = plans
        plans = []
        for (index, mount) in options.rootfsMounts.enumerated() {
            plans.append(
                try MountPlan(rootOf: mount, bundle: bundle, mapsContainer: hasUserNamespace, field: "rootfs[\(index)]")
            )
        }
        layers = plans
        devices = linux.devices
        maskedPaths = linux.maskedPaths
        readonlyPaths = linux.readonlyPaths
        propagation = linux.rootfsPropagation.map(Self.propagation)
        noPivot = options.noPivot
        self.cgroups = cgroups
        cwd = RootDirectory.clean(spec.process?.cwd ?? "/")
        self.scratch = scratch
    }

    private static func propagation(_ value: MountPropagation) -> (kind: Propagation, recursive: Bool) {
        switch value {
        case .shared: (.shared, false)
        case .slave: (.slave, false)
        case .private: (.private, false)
        case .unbindable: (.unbindable, false)
        case .recursiveShared: (.shared, true)
        case .recursiveSlave: (.slave, true)
        case .recursivePrivate: (.private, true)
        case .recursiveUnbindable: (.unbindable, true)
        }
    }

    var mountsWritableCgroup: Bool {
        mounts.contains { mount in
            if case .cgroup = mount.kind { return !mount.options.set.contains(.readOnly) }
            return false
        }
    }

    /// Whether the devices of the specification are made: not into a /dev that is the host's.
    var makesDevices: Bool {
        !mounts.contains { mount in
            if case .bind = mount.kind { return mount.destination == "/dev" }
            return false
        }
    }
}
