internal import Kernel

/// Paths that a container must not read, and paths that it must not write.
enum PathProtection {
    static func protect(
        _ root: borrowing RootDirectory, masked: [String], readonly: [String], scratch: String, bindsHostNodes: Bool
    ) throws(SetupFailure) {
        for path in readonly {
            try during(.protectPath, path) { () throws(SystemCallError) in
                guard let target = try existing(path, root) else { return }
                let copy = try cloneMount("", relativeTo: target.rawValue, recursive: true)
                try setMountAttributes(copy.rawValue, set: .readOnly)
                try attachMount(copy.rawValue, onto: target.rawValue)
            }
        }
        var covers: Covers?
        for path in masked {
            try during(.maskPath, path) { () throws(SystemCallError) in
                guard let target = try existing(path, root) else { return }
                if covers == nil { covers = try Covers(scratch: scratch, bindsHostNodes: bindsHostNodes) }
                let isDirectory = try FileStatus(of: target.rawValue).kind == .directory
                if let cover = try covers?.copy(forDirectory: isDirectory) {
                    try attachMount(cover.rawValue, onto: target.rawValue)
                }
            }
        }
    }

    /// Paths that this kernel does not have need no protection.
    private static func existing(
        _ path: String, _ root: borrowing RootDirectory
    ) throws(SystemCallError) -> FileDescriptor? {
        do {
            return try root.open(path)
        } catch {
            guard error.errno == .noSuchFile || error.errno == .notDirectory else { throw error }
            return nil
        }
    }

    /// What masked paths are covered with: an empty directory and a null device, on a tmpfs of our own. Neither is ever
    /// reachable by a path of the container, so neither can be exchanged.
    private struct Covers: ~Copyable {
        /// Nil in a user namespace, whose root may have no way to a directory of the host's to attach it at.
        private let tmpfs: FileDescriptor?
        private let bindsHostNodes: Bool

        init(scratch: String, bindsHostNodes: Bool) throws(SystemCallError) {
            self.bindsHostNodes = bindsHostNodes
            guard !bindsHostNodes else {
                tmpfs = nil
                return
            }
            let tmpfs = try DetachedMount.filesystem(
                type: "tmpfs", source: "tmpfs", options: MountOptions(["nosuid", "noexec", "mode=755", "nr_inodes=8"]))
            try makeDirectory("directory", in: tmpfs.rawValue, mode: 0o555)
            try makeNode("null", in: tmpfs.rawValue, mode: 0o020666, major: 1, minor: 3)
            // Only an attached mount can be copied. The directory is the host's; it goes away with the host's root.
            let place = try FileDescriptor.open(scratch, [.pathOnly, .directory])
            try attachMount(tmpfs.rawValue, onto: place.rawValue)
            self.tmpfs = consume tmpfs
        }

        borrowing func copy(forDirectory: Bool) throws(SystemCallError) -> FileDescriptor {
            let copy: FileDescriptor
            switch tmpfs {
            case .some(let tmpfs):
                copy = try cloneMount(forDirectory ? "directory" : "null", relativeTo: tmpfs.rawValue, recursive: false)
                if forDirectory { try setMountAttributes(copy.rawValue, set: [.readOnly, .noDevices]) }
            case .none where forDirectory:
                copy = try DetachedMount.filesystem(
                    type: "tmpfs", source: "tmpfs",
                    options: MountOptions(["ro", "nosuid", "nodev", "noexec", "mode=555", "nr_inodes=1"]))
            case .none:
                // mknod(2) is not allowed there, but neither can the container change the host's node.
                copy = try cloneMount("/dev/null", recursive: false)
            }
            if forDirectory { return copy }
            let status = try FileStatus(of: copy.rawValue)
            guard status.kind == .characterDevice, status.major == 1, status.minor == 3 else {
                throw SystemCallError("open_tree", on: "/dev/null", errno: .noDevice)
            }
            return copy
        }
    }
}
