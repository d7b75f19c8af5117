internal import Kernel
internal import RuntimeSpec

/// The namespaces of a container: which are new, and which exist and are joined.
struct NamespacePlan: ~Copyable {
    /// New ones.
    private(set) var created: NamespaceSet = []
    /// Existing ones, opened, in the order in which they must be joined; without the PID namespace.
    private(set) var joined: JoinedNamespaces
    /// An existing PID namespace. It can only be joined by the parent, on behalf of the child.
    private(set) var joinedPid: FileDescriptor?
    /// All that differ from the creator's, for processes that follow later.
    private(set) var all: NamespaceSet = []

    init(_ linux: Linux) throws(ContainerError) {
        var paths: [(kind: LinuxNamespaceType, path: String)] = []
        for namespace in linux.namespaces {
            if let path = namespace.path {
                paths.append((namespace.type, path))
            } else {
                created.formUnion(NamespaceSet(namespace.type))
            }
        }
        joined = JoinedNamespaces()
        // The mount namespace comes last: it takes the paths of the others away.
        for (kind, path) in paths.sorted(by: { $0.kind != .mount && $1.kind == .mount }) {
            if kind == .user || kind == .time {
                throw ContainerError(
                    .unimplemented,
                    "linux.namespaces: joining a namespace of type \"\(kind.rawValue)\" is not supported")
            }
            let file = try Self.open(path, kind, sysctl: linux.sysctl)
            if kind == .pid {
                joinedPid = consume file
            } else {
                joined.append(file, NamespaceSet(kind))
            }
            all.formUnion(NamespaceSet(kind))
        }
        all.formUnion(created)
        if created.contains(.time) {
            throw ContainerError(.unimplemented, "linux.namespaces: namespaces of type \"time\" are not supported")
        }
        guard all.contains(.mount) else {
            throw ContainerError(
                .invalidArgument,
                "linux.namespaces: expected a namespace of type \"mount\", without which root cannot be set")
        }
    }

    /// A namespace that is the host's own would carry the container's sysctls to the host.
    private static func open(
        _ path: String, _ kind: LinuxNamespaceType, sysctl: [String: String]
    ) throws(ContainerError) -> FileDescriptor {
        do throws(SystemCallError) {
            let file = try FileDescriptor.open(path, .readOnly)
            if kind == .network || kind == .ipc || kind == .uts, !sysctl.isEmpty {
                let own = try FileDescriptor.open("/proc/self/ns/" + NamespaceSet.fileName(of: kind), .readOnly)
                let (status, ownStatus) = (try FileStatus(of: file.rawValue), try FileStatus(of: own.rawValue))
                if status.inode == ownStatus.inode, status.device == ownStatus.device {
                    throw SystemCallError("sysctls in the host's own namespace", on: path, errno: .notPermitted)
                }
            }
            return file
        } catch {
            throw ContainerError("open \(kind.rawValue) namespace", error)
        }
    }

    borrowing func joinAll() throws(SetupFailure) {
        try joined.joinAll()
    }

    /// The existing PID namespace's number.
    var pidNamespace: Int32? {
        switch joinedPid {
        case .some(let file): file.rawValue
        case .none: nil
        }
    }
}

/// Opened namespaces, in the order in which they are to be joined.
struct JoinedNamespaces: ~Copyable {
    private var files: [(descriptor: Int32, kind: NamespaceSet)] = []

    mutating func append(_ file: consuming FileDescriptor, _ kind: NamespaceSet) {
        files.append((file.release(), kind))
    }

    borrowing func joinAll() throws(SetupFailure) {
        for (descriptor, kind) in files {
            try during(.joinNamespace, "\(kind)") { () throws(SystemCallError) in
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
}
