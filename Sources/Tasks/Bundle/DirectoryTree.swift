internal import Glibc
internal import Kernel

/// Removal of a directory with all that is in it, which never leaves the mount it begins in.
///
/// A bundle's root file system is a mount; were it still there, a plain recursive removal would empty the snapshot.
enum DirectoryTree {
    /// Deeper trees than this are not a bundle's; the removal stops rather than run out of descriptors.
    private static let maximumDepth = 256

    static func remove(_ path: String) throws(SystemCallError) {
        let directory = try FileDescriptor.open(path, [.readOnly, .directory, .noFollow])
        try empty(directory, depth: 0)
        try retrying("rmdir", on: path) { rmdir(path) }
    }

    private static func empty(_ directory: borrowing FileDescriptor, depth: Int) throws(SystemCallError) {
        let raw = directory.rawValue
        for name in try names(in: directory) {
            if unlinkat(raw, name, 0) == 0 { continue }
            let errno = Errno.current
            if errno == .noSuchFile { continue }
            guard errno == .isDirectory || errno == .notPermitted, depth < maximumDepth else {
                throw SystemCallError("unlinkat", on: name, errno: errno)
            }
            // EXDEV for a mount point.
            let child = try FileDescriptor.open(
                name, resolving: [.noCrossDevice, .noSymlinks, .beneath], relativeTo: raw,
                [.readOnly, .directory, .noFollow])
            try empty(child, depth: depth + 1)
            try retrying("rmdir", on: name) { unlinkat(raw, name, AT_REMOVEDIR) }
        }
    }

    private static func names(in directory: borrowing FileDescriptor) throws(SystemCallError) -> [String] {
        let copy = try directory.duplicate().release()
        guard let stream = fdopendir(copy) else {
            let errno = Errno.current
            close(copy)
            throw SystemCallError("fdopendir", errno: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
