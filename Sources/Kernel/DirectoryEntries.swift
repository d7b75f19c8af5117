internal import CLinux

/// Makes, moves and removes names in this directory. None of these follows a symbolic link in the last component.
extension FileDescriptor {
    /// The permissions are subject to the umask. See mkdirat(2).
    package borrowing func makeDirectory(
        name: UnsafePointer<CChar>, permissions: UInt32
    ) throws(SystemCallError) {
        let raw = rawValue
        try checked("mkdirat", on: String(cString: name)) { mkdirat(raw, name, permissions) }
    }

    /// Makes a fifo, socket or device node. See mknodat(2).
    package borrowing func makeNode(
        name: UnsafePointer<CChar>, _ kind: Inode.Kind, permissions: UInt32, major: UInt32 = 0, minor: UInt32 = 0
    ) throws(SystemCallError) {
        let raw = rawValue
        let type =
            switch kind {
            case .characterDevice: S_IFCHR
            case .blockDevice: S_IFBLK
            case .fifo: S_IFIFO
            case .socket: S_IFSOCK
            case .regular, .directory, .symbolicLink: S_IFREG
            }
        try checked("mknodat", on: String(cString: name)) {
            mknodat(raw, name, UInt32(bitPattern: type) | permissions, gnu_dev_makedev(major, minor))
        }
    }

    /// See symlinkat(2).
    package borrowing func makeSymbolicLink(
        name: UnsafePointer<CChar>, to target: UnsafePointer<CChar>
    ) throws(SystemCallError) {
        let raw = rawValue
        try checked("symlinkat", on: String(cString: name)) { symlinkat(target, raw, name) }
    }

    /// Gives the file `source` of `directory` the name `name` here too. See linkat(2).
    package borrowing func makeLink(
        name: UnsafePointer<CChar>, to source: UnsafePointer<CChar>, in directory: borrowing FileDescriptor
    ) throws(SystemCallError) {
        let raw = rawValue
        let from = directory.rawValue
        try checked("linkat", on: String(cString: name)) { linkat(from, source, raw, name, 0) }
    }

    /// What the symbolic link `name` points to, as bytes without a terminator. See readlinkat(2).
    package borrowing func readSymbolicLink(name: UnsafePointer<CChar>) throws(SystemCallError) -> [UInt8] {
        let raw = rawValue
        var count = 0
        var failure: Errno?
        // The kernel's limit for a target is PATH_MAX with its terminator.
        let target = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, used in
            count = readlinkat(raw, name, buffer.baseAddress!, buffer.count)
            if count < 0 { failure = .current }
            used = max(count, 0)
        }
        if let failure { throw SystemCallError("readlinkat", on: String(cString: name), errno: failure) }
        return target
    }

    /// See unlinkat(2).
    package borrowing func unlink(name: UnsafePointer<CChar>) throws(SystemCallError) {
        let raw = rawValue
        try checked("unlinkat", on: String(cString: name)) { unlinkat(raw, name, 0) }
    }

    /// See unlinkat(2), `AT_REMOVEDIR`.
    package borrowing func removeDirectory(name: UnsafePointer<CChar>) throws(SystemCallError) {
        let raw = rawValue
        try checked("unlinkat", on: String(cString: name)) { unlinkat(raw, name, AT_REMOVEDIR) }
    }

    /// Moves `name` of this directory to `newName` of `directory`, replacing what is there. See renameat(2).
    package borrowing func rename(
        name: UnsafePointer<CChar>, to newName: UnsafePointer<CChar>, in directory: borrowing FileDescriptor
    ) throws(SystemCallError) {
        let raw = rawValue
        let destination = directory.rawValue
        try checked("renameat", on: String(cString: name)) { renameat(raw, name, destination, newName) }
    }
}
