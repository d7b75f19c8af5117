internal import Kernel
internal import Model

/// What a tree takes on the disk: blocks and inodes, each inode once.
struct DiskUsage: ~Copyable {
    private struct FileID: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private var usage = SnapshotUsage(size: 0, inodes: 0)
    private var counted: Set<FileID> = []

    private init() {}

    static func of(_ directory: borrowing FileDescriptor) throws(SystemCallError) -> SnapshotUsage {
        var count = DiskUsage()
        count.add(try directory.inode())
        try count.addContents(of: directory, depth: 0)
        return count.usage
    }

    private mutating func addContents(of directory: borrowing FileDescriptor, depth: Int) throws(SystemCallError) {
        guard depth <= TreeCopy.maximumDepth else {
            throw SystemCallError("count", on: "more than \(TreeCopy.maximumDepth) levels", errno: .tooManyLinks)
        }
        var listing = DirectoryListing(of: directory)
        while let entry = try listing.next() {
            try (entry.name + [0]).withTerminatedBytes { name throws(SystemCallError) in
                do throws(SystemCallError) {
                    let inode = try directory.inode(name: name)
                    add(inode)
                    guard inode.kind == .directory else { return }
                    try addContents(
                        of: try directory.open(name: name, [.readOnly, .directory, .noFollow]), depth: depth + 1)
                } catch {
                    // A container that runs goes on creating and deleting.
                    if error.errno != .noSuchFile && error.errno != .notDirectory { throw error }
                }
            }
        }
    }

    private mutating func add(_ inode: Inode) {
        if inode.kind != .directory, inode.links > 1 {
            guard counted.insert(FileID(device: inode.device, inode: inode.number)).inserted else { return }
        }
        usage.size += inode.allocated
        usage.inodes += 1
    }
}
