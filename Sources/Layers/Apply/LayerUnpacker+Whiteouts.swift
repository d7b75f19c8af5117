internal import Kernel
internal import Model

// What a layer hides. OCI image-spec, "Whiteouts": they concern what is below the layer, never the layer's own
// entries, wherever in it they stand.
extension LayerUnpacker {
    /// Hides `hidden` of what is below.
    func hide(_ hidden: [UInt8], in parent: OpenDirectory) throws(SystemCallError) {
        // Nothing is below a fresh directory that nothing shows through.
        if marks == nil, claims == nil { return }
        try (hidden + [0]).withTerminatedBytes { name throws(SystemCallError) in
            if claims != nil {
                try removeForeign(name, hidden, in: parent)
            }
            guard marks != nil else { return }
            do throws(SystemCallError) {
                return try parent.descriptor.makeNode(name: name, .characterDevice, permissions: 0)
            } catch {
                guard error.errno == .exists else { throw error }
            }
            // This layer has made it again: a file hides what is below by itself, a directory must be told to.
            if try parent.descriptor.inode(name: name).kind == .directory {
                try markOpaque(try parent.descriptor.open(name: name, [.readOnly, .directory, .noFollow]))
            }
        }
    }

    /// Hides everything below in this directory.
    func hideAll(in directory: OpenDirectory, isRoot: Bool) throws(SystemCallError) {
        if claims != nil { try purge(directory.descriptor, directory.inode, depth: 0) }
        guard marks != nil else { return }
        guard isRoot else { return try markOpaque(directory.descriptor) }
        // overlayfs does not look for the mark on the root.
        for name in try lowers.rootNames() {
            do throws(SystemCallError) {
                try (name + [0]).withTerminatedBytes { name throws(SystemCallError) in
                    try directory.descriptor.makeNode(name: name, .characterDevice, permissions: 0)
                }
            } catch {
                if error.errno != .exists { throw error }
            }
        }
    }

    /// Removes what an earlier layer left under `name`.
    private func removeForeign(
        _ name: UnsafePointer<CChar>, _ bytes: [UInt8], in parent: OpenDirectory
    ) throws(SystemCallError) {
        let inode: Inode
        do throws(SystemCallError) {
            inode = try parent.descriptor.inode(name: name)
        } catch {
            if error.errno == .noSuchFile { return }
            throw error
        }
        guard inode.kind == .directory else {
            if !claims!.contains(bytes[...], in: parent.inode) { try replace(name, in: parent) }
            return
        }
        let directory = try parent.descriptor.open(name: name, [.readOnly, .directory, .noFollow])
        try purge(directory, inode, depth: 0)
        if !claims!.contains(bytes[...], in: parent.inode) { try removeIfEmpty(name, in: parent.descriptor) }
    }

    /// Removes everything from a directory that this layer has not brought. Each directory is gone through once,
    /// however often a layer asks: afterwards all in it is the layer's own.
    private func purge(
        _ directory: borrowing FileDescriptor, _ inode: Inode, depth: Int
    ) throws(SystemCallError) {
        guard !claims!.isPure(inode) else { return }
        guard depth < Self.maximumPurgeDepth else {
            throw SystemCallError("remove", on: "more than \(depth) levels", errno: .tooManyLinks)
        }
        cache.forget()
        let fresh = try directory.open(name: ".", [.readOnly, .directory])
        var listing = DirectoryListing(of: fresh)
        while let entry = try listing.next() {
            try (entry.name + [0]).withTerminatedBytes { name throws(SystemCallError) in
                let isOwn = claims!.contains(entry.name[...], in: inode)
                let child = try directory.inode(name: name)
                if child.kind == .directory {
                    let below = try directory.open(name: name, [.readOnly, .directory, .noFollow])
                    try purge(below, child, depth: depth + 1)
                    if !isOwn { try removeIfEmpty(name, in: directory) }
                } else if !isOwn {
                    try directory.unlink(name: name)
                }
            }
        }
        claims!.addPure(inode)
    }

    private static var maximumPurgeDepth: Int { 512 }

    /// A directory that has something of this layer in it stays.
    private func removeIfEmpty(
        _ name: UnsafePointer<CChar>, in directory: borrowing FileDescriptor
    ) throws(SystemCallError) {
        do throws(SystemCallError) {
            try directory.removeDirectory(name: name)
            cache.forget()
        } catch {
            if error.errno != .notEmpty && error.errno != .exists { throw error }
        }
    }
}

/// What of a directory that was not empty is the layer's own.
struct LayerClaims {
    private struct Name: Hashable {
        let directory: UInt64
        let name: ArraySlice<UInt8>
    }

    /// Hashes of names with their directories, seeded anew in each process: eight bytes for each entry, and whoever
    /// made the layer cannot make two fall together.
    private var names: Set<Int> = []
    /// Inodes of directories in which nothing else can be.
    private var pure: Set<UInt64> = []

    mutating func add(_ name: ArraySlice<UInt8>, in directory: OpenDirectory) {
        names.insert(Name(directory: directory.inode.number, name: name).hashValue)
    }

    func contains(_ name: ArraySlice<UInt8>, in directory: Inode) -> Bool {
        names.contains(Name(directory: directory.number, name: name).hashValue)
    }

    mutating func addPure(_ directory: Inode) {
        pure.insert(directory.number)
    }

    func isPure(_ directory: Inode) -> Bool { pure.contains(directory.number) }
}
