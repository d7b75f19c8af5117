internal import CLinux

extension FileDescriptor {
    /// Opens `path`, from the working directory if it is relative. See open(2).
    package static func open(
        path: UnsafePointer<CChar>, _ flags: OpenFlags, permissions: UInt32 = 0
    ) throws(SystemCallError) -> FileDescriptor {
        let raw = try retrying("open", on: String(cString: path)) {
            berth_openat(AT_FDCWD, path, flags.rawValue | O_CLOEXEC, permissions)
        }
        return FileDescriptor(owning: raw)
    }

    /// Opens `name` in this directory. See openat(2).
    package borrowing func open(
        name: UnsafePointer<CChar>, _ flags: OpenFlags, permissions: UInt32 = 0
    ) throws(SystemCallError) -> FileDescriptor {
        let directory = rawValue
        let raw = try retrying("openat", on: String(cString: name)) {
            berth_openat(directory, name, flags.rawValue | O_CLOEXEC, permissions)
        }
        return FileDescriptor(owning: raw)
    }

    /// Opens `path` as a process would that has this directory for its root: symbolic links and ".." are followed
    /// and never lead out of it. See openat2(2), `RESOLVE_IN_ROOT`.
    package borrowing func openInRoot(
        path: UnsafePointer<CChar>, _ flags: OpenFlags
    ) throws(SystemCallError) -> FileDescriptor {
        let root = rawValue
        while true {
            let raw = berth_openat2(
                root, path, UInt64(UInt32(bitPattern: flags.rawValue | O_CLOEXEC)), 0,
                UInt64(BERTH_RESOLVE_IN_ROOT | BERTH_RESOLVE_NO_MAGICLINKS))
            if raw >= 0 { return FileDescriptor(owning: raw) }
            let errno = Errno.current
            // EAGAIN: something was renamed meanwhile and the kernel could not vouch for the result.
            guard errno == .interrupted || errno == .tryAgain else {
                throw SystemCallError("openat2", on: String(cString: path), errno: errno)
            }
        }
    }
}
