internal import Kernel

/// A directory beneath the root in which entries are made.
final class OpenDirectory {
    let descriptor: FileDescriptor
    let inode: Inode
    /// New entries take the directory's group instead of the process's.
    var passesGroupOn: Bool

    init(_ descriptor: consuming FileDescriptor) throws(SystemCallError) {
        self.descriptor = descriptor
        inode = try self.descriptor.inode()
        passesGroupOn = inode.permissions & 0o2000 != 0
    }

    /// As the kernel sees it now, with all links resolved.
    func absolutePath() throws(SystemCallError) -> [UInt8] {
        let links = try FileDescriptor.open(path: "/proc/self/fd", [.pathOnly, .directory])
        return try links.readSymbolicLink(name: String(descriptor.rawValue))
    }
}

/// The directories used last, so that a layer's many neighbours are resolved once.
///
/// A resolved path stays right until something on it is removed or replaced; whoever does that forgets all.
struct DirectoryCache {
    private static let capacity = 64

    private var directories: [[UInt8]: OpenDirectory] = [:]
    private var last: (path: [UInt8], directory: OpenDirectory)?

    mutating func find(_ path: ArraySlice<UInt8>) -> OpenDirectory? {
        if let last, last.path.elementsEqual(path) { return last.directory }
        let key = Array(path)
        guard let directory = directories[key] else { return nil }
        last = (key, directory)
        return directory
    }

    mutating func remember(_ directory: OpenDirectory, _ path: ArraySlice<UInt8>) {
        if directories.count >= Self.capacity { directories.removeAll(keepingCapacity: true) }
        let key = Array(path)
        directories[key] = directory
        last = (key, directory)
    }

    mutating func forget() {
        directories.removeAll(keepingCapacity: true)
        last = nil
    }
}
