internal import Kernel

/// A copy of a directory tree with owners, permissions, extended attributes, times, holes, links and device nodes.
/// Files that are one inode with several names in the source are one in the copy.
struct TreeCopy: ~Copyable {
    /// Deeper than any image; an answer to a tree that was nested to exhaust the supervisor.
    static let maximumDepth = 256

    private struct FileID: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// Where the first name of an inode with several has gone, from the top of the copy.
    private var linked: [FileID: [UInt8]] = [:]
    private var path: [UInt8] = []

    /// Copies all in `source`, and its own attributes, to the empty directory `target`.
    mutating func copy(
        _ source: borrowing FileDescriptor, onto target: borrowing FileDescriptor
    ) throws(SystemCallError) {
        try copyDirectory(source, try source.inode(), onto: target, top: target, depth: 0)
    }

    private mutating func copyDirectory(
        _ source: borrowing FileDescriptor, _ inode: Inode, onto target: borrowing FileDescriptor,
        top: borrowing FileDescriptor, depth: Int
    ) throws(SystemCallError) {
        guard depth <= Self.maximumDepth else {
            throw SystemCallError("copy", on: String(decoding: path, as: UTF8.self), errno: .tooManyLinks)
        }
        var listing = DirectoryListing(of: source)
        while let entry = try listing.next() {
            let length = path.count
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path += entry.name
            let name = entry.name + [0]
            try name.withTerminatedBytes { name throws(SystemCallError) in
                try copyEntry(name, from: source, to: target, top: top, depth: depth)
            }
            path.removeLast(path.count - length)
        }
        // Last, since each new entry changes the directory's time.
        try target.copyAttributes(of: source, inode)
    }

    private mutating func copyEntry(
        _ name: UnsafePointer<CChar>, from source: borrowing FileDescriptor, to target: borrowing FileDescriptor,
        top: borrowing FileDescriptor, depth: Int
    ) throws(SystemCallError) {
        let inode = try source.inode(name: name)
        if inode.kind != .directory, inode.links > 1 {
            let id = FileID(device: inode.device, inode: inode.number)
            if let first = linked[id] {
                return try (first + [0]).withTerminatedBytes { first throws(SystemCallError) in
                    try target.makeLink(name: name, to: first, in: top)
                }
            }
            linked[id] = path
        }
        switch inode.kind {
        case .directory:
            try target.makeDirectory(name: name, permissions: 0o700)
            let from = try source.open(name: name, [.readOnly, .directory, .noFollow])
            let to = try target.open(name: name, [.readOnly, .directory, .noFollow])
            try copyDirectory(from, inode, onto: to, top: top, depth: depth + 1)
        case .regular:
            let from = try source.open(name: name, [.readOnly, .noFollow])
            let to = try target.open(name: name, [.writeOnly, .create, .exclusive, .noFollow], permissions: 0o600)
            try to.copyAll(of: from, inode)
            try to.copyAttributes(of: from, inode)
        case .symbolicLink:
            let link = try source.readSymbolicLink(name: name)
            try (link + [0]).withTerminatedBytes { link throws(SystemCallError) in
                try target.makeSymbolicLink(name: name, to: link)
            }
            try copyNodeAttributes(name, inode, from: source, to: target)
        case .characterDevice, .blockDevice, .fifo, .socket:
            try target.makeNode(
                name: name, inode.kind, permissions: inode.permissions, major: inode.nodeMajor, minor: inode.nodeMinor)
            try copyNodeAttributes(name, inode, from: source, to: target)
        }
    }

    /// What cannot be opened without an effect: through the directory's descriptor in /proc, which nobody can swap.
    private func copyNodeAttributes(
        _ name: UnsafePointer<CChar>, _ inode: Inode, from source: borrowing FileDescriptor,
        to target: borrowing FileDescriptor
    ) throws(SystemCallError) {
        try target.setOwner(name: name, user: inode.user, group: inode.group)
        if inode.kind != .symbolicLink { try target.setPermissions(name: name, inode.permissions) }
        let from = source.entryPath(name)
        let to = target.entryPath(name)
        try from.withTerminatedBytes { from throws(SystemCallError) in
            try to.withTerminatedBytes { to throws(SystemCallError) in
                try FileDescriptor.copyExtendedAttributes(from: from, to: to)
            }
        }
        try target.setTimes(name: name, accessed: inode.accessed, modified: inode.modified)
    }
}
