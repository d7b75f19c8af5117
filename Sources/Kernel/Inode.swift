internal import CLinux

/// What the kernel knows of a file. See stat(2), inode(7).
package struct Inode: Sendable {
    package enum Kind: Sendable {
        case regular, directory, symbolicLink, characterDevice, blockDevice, fifo, socket
    }

    /// Permissions with set-user-ID, set-group-ID and sticky bits: the lower twelve bits of `st_mode`.
    package let permissions: UInt32
    package let kind: Kind
    package let device: UInt64
    package let number: UInt64
    package let links: UInt64
    package let user: UInt32
    package let group: UInt32
    /// Bytes.
    package let size: Int64
    /// Bytes of disk blocks.
    package let allocated: Int64
    /// What a device node stands for.
    package let nodeMajor: UInt32
    package let nodeMinor: UInt32
    package let accessed: FileTime
    package let modified: FileTime

    fileprivate init(_ status: stat) {
        permissions = status.st_mode & 0o7777
        kind =
            switch Int32(bitPattern: status.st_mode) & Int32(bitPattern: UInt32(S_IFMT)) {
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            case S_IFCHR: .characterDevice
            case S_IFBLK: .blockDevice
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            default: .regular
            }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        links = UInt64(status.st_nlink)
        user = status.st_uid
        group = status.st_gid
        size = Int64(status.st_size)
        allocated = Int64(status.st_blocks) * 512
        nodeMajor = gnu_dev_major(status.st_rdev)
        nodeMinor = gnu_dev_minor(status.st_rdev)
        accessed = FileTime(status.st_atim)
        modified = FileTime(status.st_mtim)
    }
}

/// A file's time stamp.
package struct FileTime: Hashable, Comparable, Sendable {
    /// Since 1970; negative before.
    package var seconds: Int64
    /// 0 to 999,999,999.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(_ time: timespec) {
        self.init(seconds: Int64(time.tv_sec), nanoseconds: Int32(truncatingIfNeeded: time.tv_nsec))
    }

    var timespec: timespec { CLinux.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)) }

    package static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

extension FileDescriptor {
    /// See fstat(2).
    package borrowing func inode() throws(SystemCallError) -> Inode {
        let raw = rawValue
        var status = stat()
        try checked("fstat") { fstat(raw, &status) }
        return Inode(status)
    }

    /// Of `name` in this directory; a symbolic link itself. See fstatat(2).
    package borrowing func inode(name: UnsafePointer<CChar>) throws(SystemCallError) -> Inode {
        let raw = rawValue
        var status = stat()
        try checked("fstatat", on: String(cString: name)) { fstatat(raw, name, &status, AT_SYMLINK_NOFOLLOW) }
        return Inode(status)
    }
}
