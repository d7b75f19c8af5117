internal import Kernel
internal import Model

/// Writes the entries of a layer beneath a root directory.
///
/// How it stays beneath: an entry's directory is resolved by openat2(2) as if the root were "/", and everything is
/// then done to one name in that open directory, never following it. Files are only ever made new, so no write,
/// owner or mode reaches an inode that was there before, through whatever link. Nothing here takes a second look
/// at a path, so there is nothing to swap in between.
///
/// To be used on one thread with a umask of its own (`FileDescriptor.clearThreadUmask`).
final class LayerUnpacker {
    /// More than the largest file systems have inodes.
    private static let maximumEntries = 1 << 28

    let root: OpenDirectory
    let marks: OverlayMarks?
    let lowers: LowerLayers
    var cache = DirectoryCache()
    /// What this layer has brought; nil while nothing else can be there.
    var claims: LayerClaims?
    /// Directories' times change with every entry made in them, so they are set at the end. By path: a layer may repeat
    /// one entry as often as it likes.
    private var directoryTimes: [LayerPath: (accessed: FileTime, modified: FileTime)] = [:]
    private let user = effectiveUser()
    private let group = effectiveGroup()

    init(_ target: LayerTarget) throws(Failure) {
        do throws(SystemCallError) {
            root = try OpenDirectory(try FileDescriptor.open(path: target.path, [.readOnly, .directory]))
            marks = target.marks
            lowers = try LowerLayers(target.lowers, target.marks ?? .trusted)
            let fresh = try root.descriptor.open(name: ".", [.readOnly, .directory])
            var listing = DirectoryListing(of: fresh)
            claims = try listing.next() == nil ? nil : LayerClaims()
        } catch {
            throw .disk(error, "directory \"\(target.path)\"")
        }
    }

    func unpack(_ reader: inout TarReader) throws(Failure) {
        var count = 0
        while let entry = try reader.next() {
            count += 1
            guard count <= Self.maximumEntries else {
                throw .malformed("more than \(Self.maximumEntries) entries")
            }
            let path = try LayerPath(entry.path)
            let hidden = try path.hiddenName()
            do throws(SystemCallError) {
                if try unpackWithoutContents(entry, path, hidden) { continue }
            } catch {
                throw .disk(error, "entry \(entry.path.quoted)")
            }
            try unpackFile(entry, path, &reader)
        }
        try setDirectoryTimes()
    }

    /// Everything on the root's file system is on the disk when it returns.
    func synchronize() throws(Failure) {
        do throws(SystemCallError) {
            try root.descriptor.synchronizeFileSystem()
        } catch {
            throw .disk(error, "directory of the snapshot")
        }
    }

    /// - Returns: false for a regular file, which is yet to be made.
    private func unpackWithoutContents(
        _ entry: TarEntry, _ path: LayerPath, _ hidden: [UInt8]?
    ) throws(SystemCallError) -> Bool {
        if path.isReserved { return true }
        if path.isRoot {
            guard entry.kind == .directory else { throw SystemCallError("make", on: "/", errno: .isDirectory) }
            try setAttributes(entry, of: root.descriptor, ownerMayStay: false)
            root.passesGroupOn = entry.permissions & 0o2000 != 0
            setTimesAtEnd(entry, path)
            return true
        }
        let parent = try directory(path.parent)
        if path.isOpaqueMark {
            try hideAll(in: parent, isRoot: path.parent.isEmpty)
            return true
        }
        if let hidden {
            try hide(hidden, in: parent)
            return true
        }
        if entry.kind == .regular { return false }
        let name = Array(path.name) + [0]
        try name.withTerminatedBytes { name throws(SystemCallError) in
            switch entry.kind {
            case .directory: try makeDirectory(entry, path, parent, name)
            case .hardLink: try makeLink(entry, path, parent, name)
            case .symbolicLink: try makeSymbolicLink(entry, parent, name)
            case .characterDevice: try makeNode(entry, .characterDevice, parent, name)
            case .blockDevice: try makeNode(entry, .blockDevice, parent, name)
            case .fifo: try makeNode(entry, .fifo, parent, name)
            case .regular: break
            }
        }
        claims?.add(path.name, in: parent)
        return true
    }

    // MARK: Regular files

    private func unpackFile(_ entry: TarEntry, _ path: LayerPath, _ reader: inout TarReader) throws(Failure) {
        let file: FileDescriptor
        let parent: OpenDirectory
        do throws(SystemCallError) {
            parent = try directory(path.parent)
            file = try createFile(entry, path, in: parent)
        } catch {
            throw .disk(error, "entry \(entry.path.quoted)")
        }
        if let extents = entry.extents {
            try writeSparse(extents, entry, to: file, &reader)
        } else {
            while let part = try reader.contents() {
                do throws(SystemCallError) {
                    try file.write(part)
                } catch {
                    throw .disk(error, "entry \(entry.path.quoted)")
                }
            }
        }
        do throws(SystemCallError) {
            try setAttributes(entry, of: file, ownerMayStay: !parent.passesGroupOn)
            try file.setTimes(accessed: entry.accessed ?? entry.modified, modified: entry.modified)
        } catch {
            throw .disk(error, "entry \(entry.path.quoted)")
        }
        claims?.add(path.name, in: parent)
    }

    private func createFile(
        _ entry: TarEntry, _ path: LayerPath, in parent: OpenDirectory
    ) throws(SystemCallError) -> FileDescriptor {
        let name = Array(path.name) + [0]
        return try name.withTerminatedBytes { name throws(SystemCallError) in
            // Special bits come last: a change of owner would take them away.
            func create() throws(SystemCallError) -> FileDescriptor {
                try parent.descriptor.open(
                    name: name, [.writeOnly, .create, .exclusive, .noFollow], permissions: entry.permissions & 0o777)
            }
            do throws(SystemCallError) {
                return try create()
            } catch {
                guard error.errno == .exists else { throw error }
            }
            try replace(name, in: parent)
            return try create()
        }
    }

    private func writeSparse(
        _ extents: [TarEntry.Extent], _ entry: TarEntry, to file: borrowing FileDescriptor, _ reader: inout TarReader
    ) throws(Failure) {
        do throws(SystemCallError) {
            try file.truncate(to: entry.size)
        } catch {
            throw .disk(error, "entry \(entry.path.quoted)")
        }
        var extents = extents[...]
        var extent = extents.popFirst()
        while var part = try reader.contents() {
            // The reader has checked that the extents take all contents.
            while !part.isEmpty, let current = extent {
                let count = Int(min(Int64(part.count), current.length))
                do throws(SystemCallError) {
                    try file.write(UnsafeRawBufferPointer(rebasing: part.prefix(count)), at: current.offset)
                } catch {
                    throw .disk(error, "entry \(entry.path.quoted)")
                }
                part = UnsafeRawBufferPointer(rebasing: part.dropFirst(count))
                extent =
                    Int64(count) == current.length
                    ? extents.popFirst()
                    : TarEntry.Extent(offset: current.offset + Int64(count), length: current.length - Int64(count))
            }
        }
    }

    // MARK: Attributes

    /// Owner, extended attributes and permissions, in the order in which none undoes another. Permissions of files
    /// that were just made are right already, but for the special bits.
    func setAttributes(
        _ entry: TarEntry, of file: borrowing FileDescriptor, ownerMayStay: Bool
    ) throws(SystemCallError) {
        if !ownerMayStay || entry.user != user || entry.group != group {
            try file.setOwner(user: entry.user, group: entry.group)
        }
        for attribute in entry.attributes where Self.isAllowed(attribute.name) {
            try set(attribute, of: file)
        }
        if !ownerMayStay || entry.permissions & 0o7000 != 0 { try file.setPermissions(entry.permissions) }
    }

    /// Those of users, but not overlayfs's marks among them, and file capabilities. Not trusted.*, with which a
    /// layer could tell overlayfs to show other directories, nor labels of the host's security modules.
    private static func isAllowed(_ name: [UInt8]) -> Bool {
        guard name.count <= 255, !name.contains(0) else { return false }
        let text = String(decoding: name, as: UTF8.self)
        return text == "security.capability" || text.hasPrefix("user.") && !OverlayMarks.isMark(text)
    }

    private func set(
        _ attribute: TarEntry.Attribute, of file: borrowing FileDescriptor
    ) throws(SystemCallError) {
        let name = attribute.name + [0]
        var failure: SystemCallError?
        attribute.value.withUnsafeBytes { value in
            do throws(SystemCallError) {
                try name.withTerminatedBytes { name throws(SystemCallError) in
                    try file.setExtendedAttribute(name, value)
                }
            } catch {
                failure = error
            }
        }
        // The file system may have none; images are unpacked there all the same.
        if let failure, failure.errno != .notSupported { throw failure }
    }

    func setOwner(
        _ entry: TarEntry, _ parent: OpenDirectory, _ name: UnsafePointer<CChar>
    ) throws(SystemCallError) {
        if parent.passesGroupOn || entry.user != user || entry.group != group {
            try parent.descriptor.setOwner(name: name, user: entry.user, group: entry.group)
        }
    }

    func setTimesAtEnd(_ entry: TarEntry, _ path: LayerPath) {
        directoryTimes[path] = (entry.accessed ?? entry.modified, entry.modified)
    }

    private func setDirectoryTimes() throws(Failure) {
        for (path, times) in directoryTimes {
            do throws(SystemCallError) {
                if path.isRoot {
                    try root.descriptor.setTimes(accessed: times.accessed, modified: times.modified)
                    continue
                }
                let parent = try directory(path.parent)
                let name = Array(path.name) + [0]
                try name.withTerminatedBytes { name throws(SystemCallError) in
                    try parent.descriptor.setTimes(name: name, accessed: times.accessed, modified: times.modified)
                }
            } catch {
                // A later entry has replaced it.
                if error.errno != .noSuchFile && error.errno != .notDirectory {
                    throw .disk(error, "entry \(path.bytes.quoted)")
                }
            }
        }
    }
}
