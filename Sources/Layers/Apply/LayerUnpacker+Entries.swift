internal import Kernel
internal import Model

// Entries without contents. Each is made under a name that must not exist; what is there is taken away first.
extension LayerUnpacker {
    func makeDirectory(
        _ entry: TarEntry, _ path: LayerPath, _ parent: OpenDirectory, _ name: UnsafePointer<CChar>
    ) throws(SystemCallError) {
        setTimesAtEnd(entry, path)
        var hidesLower = false
        do throws(SystemCallError) {
            try parent.descriptor.makeDirectory(name: name, permissions: entry.permissions & 0o777)
        } catch {
            guard error.errno == .exists else { throw error }
            let inode = try parent.descriptor.inode(name: name)
            if inode.kind == .directory {
                let directory = try parent.descriptor.open(name: name, [.readOnly, .directory, .noFollow])
                // It may be open as a parent, with another group bit.
                cache.forget()
                return try setAttributes(entry, of: directory, ownerMayStay: false)
            }
            // It was hidden by this layer or an earlier writer, and is now new: what is below stays hidden.
            hidesLower = inode.isWhiteout
            try replace(name, in: parent)
            try parent.descriptor.makeDirectory(name: name, permissions: entry.permissions & 0o777)
        }
        let isSimple = !parent.passesGroupOn && entry.permissions & 0o7000 == 0 && entry.attributes.isEmpty
        if isSimple, !hidesLower, claims == nil {
            return try setOwner(entry, parent, name)
        }
        let directory = try parent.descriptor.open(name: name, [.readOnly, .directory, .noFollow])
        try setAttributes(entry, of: directory, ownerMayStay: !parent.passesGroupOn)
        if hidesLower { try markOpaque(directory) }
        if claims != nil { claims!.addPure(try directory.inode()) }
    }

    func makeSymbolicLink(
        _ entry: TarEntry, _ parent: OpenDirectory, _ name: UnsafePointer<CChar>
    ) throws(SystemCallError) {
        let target = entry.link + [0]
        try target.withTerminatedBytes { target throws(SystemCallError) in
            try making(name, in: parent) { () throws(SystemCallError) in
                try parent.descriptor.makeSymbolicLink(name: name, to: target)
            }
        }
        try setOwner(entry, parent, name)
        try parent.descriptor.setTimes(
            name: name, accessed: entry.accessed ?? entry.modified, modified: entry.modified)
    }

    func makeNode(
        _ entry: TarEntry, _ kind: Inode.Kind, _ parent: OpenDirectory, _ name: UnsafePointer<CChar>
    ) throws(SystemCallError) {
        try making(name, in: parent) { () throws(SystemCallError) in
            try parent.descriptor.makeNode(
                name: name, kind, permissions: entry.permissions & 0o777, major: entry.major, minor: entry.minor)
        }
        try setOwner(entry, parent, name)
        if entry.permissions & 0o7000 != 0 {
            try parent.descriptor.setPermissions(name: name, entry.permissions)
        }
        try parent.descriptor.setTimes(
            name: name, accessed: entry.accessed ?? entry.modified, modified: entry.modified)
    }

    /// The target keeps its owner, mode and times whatever the entry says: they came with its own entry, and if it
    /// is a symbolic link, setting them could reach what it points to.
    func makeLink(
        _ entry: TarEntry, _ path: LayerPath, _ parent: OpenDirectory, _ name: UnsafePointer<CChar>
    ) throws(SystemCallError) {
        let target: LayerPath
        do throws(Failure) {
            target = try LayerPath(entry.link)
        } catch {
            throw SystemCallError("linkat", on: String(decoding: entry.link, as: UTF8.self), errno: .crossDevice)
        }
        guard !target.isRoot else { throw SystemCallError("linkat", on: "/", errno: .notPermitted) }
        if target == path { return }
        let targetName = Array(target.name) + [0]
        try targetName.withTerminatedBytes { targetName throws(SystemCallError) in
            do throws(SystemCallError) {
                let source = try existingDirectory(target.parent)
                return try making(name, in: parent) { () throws(SystemCallError) in
                    try parent.descriptor.makeLink(name: name, to: targetName, in: source.descriptor)
                }
            } catch {
                guard error.errno == .noSuchFile, !lowers.isEmpty else { throw error }
            }
            let source = try directory(target.parent)
            try copyUp(target, targetName, into: source)
            try making(name, in: parent) { () throws(SystemCallError) in
                try parent.descriptor.makeLink(name: name, to: targetName, in: source.descriptor)
            }
        }
    }

    /// Brings a file of a lower layer up, as overlayfs does when one is linked.
    private func copyUp(
        _ path: LayerPath, _ name: UnsafePointer<CChar>, into directory: OpenDirectory
    ) throws(SystemCallError) {
        let missing = SystemCallError("linkat", on: String(decoding: path.bytes, as: UTF8.self), errno: .noSuchFile)
        let place = try components(of: directory) + [Array(path.name)]
        guard try !isHidden(place.dropLast()), let found = try lowers.find(place), found.inode.kind == .regular else {
            throw missing
        }
        let source = try found.directory.open(name: name, [.readOnly, .noFollow])
        let file = try directory.descriptor.open(
            name: name, [.writeOnly, .create, .exclusive, .noFollow], permissions: 0o600)
        try file.copyAll(of: source, found.inode)
        try file.copyAttributes(of: source, found.inode, leavingOut: OverlayMarks.isMark)
    }

    /// Does what makes a new name, again after taking away what has that name.
    private func making(
        _ name: UnsafePointer<CChar>, in parent: OpenDirectory, _ make: () throws(SystemCallError) -> Void
    ) throws(SystemCallError) {
        do throws(SystemCallError) {
            return try make()
        } catch {
            guard error.errno == .exists else { throw error }
        }
        try replace(name, in: parent)
        try make()
    }

    /// Takes away what has a name that is to be made new.
    func replace(_ name: UnsafePointer<CChar>, in parent: OpenDirectory) throws(SystemCallError) {
        try parent.descriptor.removeTree(name: name)
        cache.forget()
    }
}
