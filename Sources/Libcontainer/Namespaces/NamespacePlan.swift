internal import Kernel
internal import RuntimeSpec

/// The namespaces of a container: which are new, and which exist and are joined.
struct NamespacePlan: ~Copyable {
    /// New ones.
    private(set) var created: NamespaceSet = []
    /// Existing ones, opened, but for those that stand by themselves below.
    private(set) var joined = JoinedNamespaces()
    /// An existing mount namespace. It comes last: it takes the paths of the others away.
    private(set) var joinedMount = JoinedNamespaces()
    /// An existing user namespace. It comes after all those that the host's root may still join.
    private(set) var joinedUser: FileDescriptor?
    /// An existing PID namespace. It can only be joined by the parent, on behalf of the child.
    private(set) var joinedPid: FileDescriptor?
    /// All that differ from the creator's, for processes that follow later.
    private(set) var all: NamespaceSet = []
    /// How far the clocks of a new time namespace are ahead, as the kernel's file takes it.
    let clockOffsets: String
    let caller: Caller

    init(_ linux: Linux, caller: Caller) throws(ContainerError) {
        self.caller = caller
        clockOffsets = linux.timeOffsets.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.secs) \($0.value.nanosecs)\n" }.joined()
        for (index, namespace) in linux.namespaces.enumerated() {
            let kind = NamespaceSet(namespace.type)
            if let path = namespace.path {
                let field = "linux.namespaces[\(index)].path"
                let file = try Self.open(path, namespace.type, sysctl: linux.sysctl, field: field)
                switch namespace.type {
                case .pid: joinedPid = consume file
                case .mount: joinedMount.append(file, kind)
                case .user:
                    // The kernel refuses to join the namespace that one is in.
                    if try Self.isOwn(file, .user, field: field) { continue }
                    joinedUser = consume file
                default: joined.append(file, kind)
                }
            } else {
                created.formUnion(kind)
            }
            all.formUnion(kind)
        }
        guard all.contains(.mount) else {
            throw ContainerError(
                .invalidArgument,
                "linux.namespaces: expected a namespace of type \"mount\", without which root cannot be set")
        }
    }

    private static func open(
        _ path: String, _ kind: LinuxNamespaceType, sysctl: [String: String], field: String
    ) throws(ContainerError) -> FileDescriptor {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(path, .readOnly)
        } catch {
            throw ContainerError("\(field): open \(kind.rawValue) namespace", error)
        }
        guard (try? filesystemMagic(of: file.rawValue)) == .nsfs else {
            throw ContainerError(
                .invalidArgument, "\(field): \"\(path)\": expected a namespace of type \"\(kind.rawValue)\"")
        }
        // A namespace that is the host's own would carry the container's sysctls to the host.
        if kind == .network || kind == .ipc || kind == .uts, !sysctl.isEmpty, try isOwn(file, kind, field: field) {
            throw ContainerError(
                .permissionDenied, "\(field): \"\(path)\": linux.sysctl cannot be set in the host's own namespace")
        }
        return file
    }

    private static func isOwn(
        _ file: borrowing FileDescriptor, _ kind: LinuxNamespaceType, field: String
    ) throws(ContainerError) -> Bool {
        do {
            let own = try FileDescriptor.open("/proc/self/ns/" + NamespaceSet.fileName(of: kind), .readOnly)
            let (status, ownStatus) = (try FileStatus(of: file.rawValue), try FileStatus(of: own.rawValue))
            return status.inode == ownStatus.inode && status.device == ownStatus.device
        } catch {
            throw ContainerError(field, error)
        }
    }

    /// Those that the root of the container's user namespace must make: the directory of an IPC namespace's message
    /// queues belongs to whoever made it, and would be the host's.
    var createdAsRoot: NamespaceSet { all.contains(.user) ? created.intersection(.ipc) : [] }

    /// Joins, in the container's process, whatever an intermediate process did not have to join before.
    borrowing func joinAll() throws(SetupFailure) {
        if !needsIntermediate { try joined.joinAll() }
        try joinedMount.joinAll()
    }

    /// Whether init's creator has to write files of it that belong to root once init has closed itself to inspection,
    /// which it does as soon as they are written.
    var staysOpen: Bool { caller == .user && created.contains(.user) }

    /// Joins all that must be joined before init is born, while the rights of the host's root last: in a new or joined
    /// user namespace they are gone, and namespaces made after it are its own. For a caller without rights it is the
    /// other way round: he has them only there.
    borrowing func joinBeforeBirth() throws(SetupFailure) {
        if caller == .user { try joinUser() }
        try joined.joinAll()
        if let pidNamespace {
            try during(.joinNamespace, "pid") { () throws(SystemCallError) in try joinNamespaces(pidNamespace, .pid) }
        }
        if caller != .user { try joinUser() }
    }

    private borrowing func joinUser() throws(SetupFailure) {
        guard let userNamespace else { return }
        try during(.joinNamespace, "user") { () throws(SystemCallError) in try joinNamespaces(userNamespace, .user) }
    }

    /// Whether a process in between has to join namespaces, whose child, and sibling, init then is.
    var needsIntermediate: Bool {
        userNamespace != nil || created.contains(.user) && !joined.isEmpty
    }

    var pidNamespace: Int32? { Self.number(joinedPid) }

    var userNamespace: Int32? { Self.number(joinedUser) }

    private static func number(_ file: borrowing FileDescriptor?) -> Int32? {
        switch file {
        case .some(let file): file.rawValue
        case .none: nil
        }
    }
}

/// Opened namespaces, to be joined in this order.
struct JoinedNamespaces: ~Copyable {
    private var files: [(descriptor: Int32, kind: NamespaceSet)] = []

    var isEmpty: Bool { files.isEmpty }

    mutating func append(_ file: consuming FileDescriptor, _ kind: NamespaceSet) {
        files.append((file.release(), kind))
    }

    borrowing func joinAll() throws(SetupFailure) {
        for (descriptor, kind) in files {
            try during(.joinNamespace, kind.name) { () throws(SystemCallError) in
                try joinNamespaces(descriptor, kind)
            }
        }
    }

    deinit {
        for (descriptor, _) in files { _ = FileDescriptor(owning: descriptor) }
    }
}

extension NamespaceSet {
    init(_ type: LinuxNamespaceType) {
        switch type {
        case .pid: self = .pid
        case .network: self = .network
        case .mount: self = .mount
        case .ipc: self = .ipc
        case .uts: self = .uts
        case .user: self = .user
        case .cgroup: self = .cgroup
        case .time: self = .time
        }
    }

    /// The name below /proc/PID/ns.
    static func fileName(of type: LinuxNamespaceType) -> String {
        switch type {
        case .network: "net"
        case .mount: "mnt"
        default: type.rawValue
        }
    }

    /// Of the one kind in this set.
    var name: String {
        let kinds: [LinuxNamespaceType] = [.pid, .network, .mount, .ipc, .uts, .user, .cgroup, .time]
        return kinds.first { NamespaceSet($0) == self }?.rawValue ?? "\(rawValue)"
    }
}
