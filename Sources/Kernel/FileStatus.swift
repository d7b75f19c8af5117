internal import CLinux

/// What fstat(2) says of a file, as far as Berth asks.
package struct FileStatus: Sendable {
    package enum Kind: Sendable {
        case regular, directory, symbolicLink, characterDevice, blockDevice, fifo, socket, other
    }

    package let device: UInt64
    package let inode: UInt64
    /// The whole of `st_mode`: type and permission bits.
    package let mode: UInt32
    package let uid: UInt32
    package let gid: UInt32
    package let size: Int64
    /// For device nodes, the numbers of the device.
    package let major: UInt32
    package let minor: UInt32

    /// Permission bits with set-user-ID, set-group-ID and sticky.
    package var permissions: UInt32 { mode & 0o7777 }

    package var kind: Kind {
        switch Int32(bitPattern: mode) & Int32(S_IFMT) {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        case S_IFCHR: .characterDevice
        case S_IFBLK: .blockDevice
        case S_IFIFO: .fifo
        case S_IFSOCK: .socket
        default: .other
        }
    }

    private init(_ raw: stat) {
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
        mode = raw.st_mode
        uid = raw.st_uid
        gid = raw.st_gid
        size = Int64(raw.st_size)
        major = gnu_dev_major(raw.st_rdev)
        minor = gnu_dev_minor(raw.st_rdev)
    }

    /// fstat(2); works on descriptors opened with `OpenFlags.pathOnly`, too.
    package init(of descriptor: Int32, object: @autoclosure () -> String? = nil) throws(SystemCallError) {
        var raw = stat()
        try checked("fstat", on: object()) { fstat(descriptor, &raw) }
        self.init(raw)
    }

    /// fstatat(2) of an entry of `directory`, not following it if it is a symbolic link.
    package init(entry name: String, of directory: Int32) throws(SystemCallError) {
        var raw = stat()
        try checked("fstatat", on: name) { fstatat(directory, name, &raw, AT_SYMLINK_NOFOLLOW) }
        self.init(raw)
    }
}

/// Whether `descriptor` refers to the root of a mount. See statx(2), `STATX_ATTR_MOUNT_ROOT`.
package func isMountRoot(_ descriptor: Int32) throws(SystemCallError) -> Bool {
    try retrying("statx") { berth_is_mount_root(descriptor) } == 1
}
