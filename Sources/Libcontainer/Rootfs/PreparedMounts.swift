internal import Kernel
internal import RuntimeSpec

/// Mounts that init has no right to make itself, made by its creator, to be attached by init: those that are ID-mapped
/// and, where the container has a user namespace, whatever comes from the host.
///
/// They are attached nowhere and vanish with this value, or with the processes that hold it.
struct PreparedMounts: ~Copyable {
    private var layers: [Int: Int32] = [:]
    private var mounts: [Int: Int32] = [:]
    private let containerMappings: UserMappings
    private let containerNamespace: Int32?
    private var namespaces: MappingNamespaces

    /// - Parameters:
    ///   - containerMappings: what `idmap` means for a mount without mappings of its own.
    ///   - containerNamespace: the existing user namespace that the container joins, which stands for the same.
    init(
        _ plan: RootfsPlan, containerMappings: UserMappings, containerNamespace: Int32?, hostProc: Int32
    ) throws(ContainerError) {
        self.containerMappings = containerMappings
        self.containerNamespace = containerNamespace
        namespaces = MappingNamespaces(hostProc: hostProc)
        for (index, layer) in plan.layers.enumerated() where plan.preparesHostMounts || layer.idMapping != nil {
            layers[index] = try prepare(layer, field: "rootfs[\(index)]")
        }
        for (index, mount) in plan.mounts.enumerated() {
            guard case .bind = mount.kind, plan.preparesHostMounts || mount.idMapping != nil else { continue }
            mounts[index] = try prepare(mount, field: "mounts[\(index)]")
        }
    }

    deinit {
        for number in layers.values { _ = FileDescriptor(owning: number) }
        for number in mounts.values { _ = FileDescriptor(owning: number) }
    }

    /// The mount of a layer of the root, made now if it was not prepared; the caller's to close.
    borrowing func layer(_ index: Int, of plan: MountPlan) throws(SystemCallError) -> FileDescriptor {
        try Self.mount(layers[index], plan)
    }

    /// The same of one of the configuration's mounts.
    borrowing func mount(_ index: Int, of plan: MountPlan) throws(SystemCallError) -> FileDescriptor {
        try Self.mount(mounts[index], plan)
    }

    private static func mount(_ prepared: Int32?, _ plan: MountPlan) throws(SystemCallError) -> FileDescriptor {
        guard let prepared else { return try plan.build() }
        return FileDescriptor(owning: try duplicate(prepared, above: 0))
    }

    private mutating func prepare(_ mount: MountPlan, field: String) throws(ContainerError) -> Int32 {
        let made = try Self.build(mount, field)
        try map(made, mount, field)
        return made.release()
    }

    private static func build(_ mount: MountPlan, _ field: String) throws(ContainerError) -> FileDescriptor {
        do throws(SystemCallError) {
            let made = try mount.build()
            // The copy is a peer of the host's mount; as in the container's namespace, it is to hear of it only.
            if case .bind = mount.kind {
                try setMountAttributes(made.rawValue, propagation: .slave, recursive: true)
            }
            return made
        } catch {
            throw ContainerError("\(field): mount \"\(mount.destination)\"", error)
        }
    }

    private mutating func map(
        _ made: borrowing FileDescriptor, _ mount: MountPlan, _ field: String
    ) throws(ContainerError) {
        guard let mapping = mount.idMapping else { return }
        let namespace: Int32
        switch mapping.mappings {
        case .some(let own): namespace = try namespaces.namespace(of: own, field: field)
        case .none:
            if let containerNamespace {
                namespace = containerNamespace
            } else {
                namespace = try namespaces.namespace(of: containerMappings, field: "linux")
            }
        }
        do {
            try setMountAttributes(
                made.rawValue, set: .idMapped, recursive: mapping.isRecursive, userNamespace: namespace)
        } catch {
            // The kernel's word for a file system that does not know how.
            guard error.errno == .invalidArgument else {
                throw ContainerError("\(field): map IDs of mount \"\(mount.destination)\"", error)
            }
            throw ContainerError(
                .failedPrecondition,
                "\(field): mount \"\(mount.destination)\": its file system, or one below it, cannot be ID-mapped")
        }
    }
}
