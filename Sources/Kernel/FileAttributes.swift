internal import CLinux

/// Ownership, permissions and times, by descriptor or by a name that is not followed when it is a symbolic link.
extension FileDescriptor {
    /// Clears set-user-ID, set-group-ID and file capabilities. See fchown(2).
    package borrowing func setOwner(user: UInt32, group: UInt32) throws(SystemCallError) {
        let raw = rawValue
        try checked("fchown") { fchown(raw, user, group) }
    }

    package borrowing func setOwner(
        name: UnsafePointer<CChar>, user: UInt32, group: UInt32
    ) throws(SystemCallError) {
        let raw = rawValue
        try checked("fchownat", on: String(cString: name)) { fchownat(raw, name, user, group, AT_SYMLINK_NOFOLLOW) }
    }

    /// See fchmod(2). Not on descriptors opened with `pathOnly`.
    package borrowing func setPermissions(_ permissions: UInt32) throws(SystemCallError) {
        let raw = rawValue
        try checked("fchmod") { fchmod(raw, permissions) }
    }

    /// Of a device, fifo or socket, through a descriptor that only names it. A symbolic link is refused.
    package borrowing func setPermissions(
        name: UnsafePointer<CChar>, _ permissions: UInt32
    ) throws(SystemCallError) {
        let node = try open(name: name, [.pathOnly, .noFollow])
        guard try node.inode().kind != .symbolicLink else {
            throw SystemCallError("chmod", on: String(cString: name), errno: .tooManyLinks)
        }
        let raw = node.rawValue
        try checked("chmod", on: String(cString: name)) { chmod("/proc/self/fd/\(raw)", permissions) }
    }

    /// See futimens(3).
    package borrowing func setTimes(accessed: FileTime, modified: FileTime) throws(SystemCallError) {
        let raw = rawValue
        try withTimes(accessed, modified) { times throws(SystemCallError) in
            try checked("futimens") { futimens(raw, times) }
        }
    }

    /// See utimensat(2), `AT_SYMLINK_NOFOLLOW`.
    package borrowing func setTimes(
        name: UnsafePointer<CChar>, accessed: FileTime, modified: FileTime
    ) throws(SystemCallError) {
        let raw = rawValue
        try withTimes(accessed, modified) { times throws(SystemCallError) in
            try checked("utimensat", on: String(cString: name)) { utimensat(raw, name, times, AT_SYMLINK_NOFOLLOW) }
        }
    }

    private borrowing func withTimes(
        _ accessed: FileTime, _ modified: FileTime,
        _ body: (UnsafePointer<timespec>) throws(SystemCallError) -> Void
    ) throws(SystemCallError) {
        var times = (accessed.timespec, modified.timespec)
        try withUnsafePointer(to: &times) { pair throws(SystemCallError) in
            try pair.withMemoryRebound(to: timespec.self, capacity: 2, body)
        }
    }

    /// Frees the calling thread from the process's umask: what it makes from then on has the permissions it asks for.
    ///
    /// The thread also gets its own working directory and root. For threads that end with their work. See
    /// unshare(2), `CLONE_FS`.
    package static func clearThreadUmask() throws(SystemCallError) {
        try checked("unshare") { unshare(CLONE_FS) }
        umask(0)
    }
}
