internal import Kernel

extension Inode {
    /// overlayfs's mark for a name that is hidden.
    var isWhiteout: Bool { kind == .characterDevice && nodeMajor == 0 && nodeMinor == 0 }
}

/// The lower directories of an overlay as one tree, for the few names for which that matters while a layer is
/// written to the upper one.
final class LowerLayers {
    /// Nearest first.
    private let roots: [OpenDirectory]
    private let marks: OverlayMarks

    init(_ paths: [String], _ marks: OverlayMarks) throws(SystemCallError) {
        var roots: [OpenDirectory] = []
        for path in paths {
            roots.append(try OpenDirectory(try FileDescriptor.open(path: path, [.readOnly, .directory])))
        }
        self.roots = roots
        self.marks = marks
    }

    var isEmpty: Bool { roots.isEmpty }

    struct Found: ~Copyable {
        /// Where the name is.
        let directory: FileDescriptor
        let inode: Inode
    }

    /// What is seen at `path`, of which no component but the last may be a symbolic link.
    func find(_ path: [[UInt8]]) throws(SystemCallError) -> Found? {
        for root in roots {
            switch try find(path, in: root) {
            case .found(let directory, let inode): return Found(directory: directory, inode: inode)
            case .hidden: return nil
            case .absent: continue
            }
        }
        return nil
    }

    /// Every name in the merged root.
    func rootNames() throws(SystemCallError) -> Set<[UInt8]> {
        var names: Set<[UInt8]> = []
        for root in roots {
            let fresh = try root.descriptor.open(name: ".", [.readOnly, .directory])
            var listing = DirectoryListing(of: fresh)
            while let entry = try listing.next() { names.insert(entry.name) }
        }
        return names
    }

    private enum Lookup: ~Copyable {
        case found(FileDescriptor, Inode)
        /// Not here nor in any layer below.
        case hidden
        /// Not here.
        case absent
    }

    private func find(_ path: [[UInt8]], in root: OpenDirectory) throws(SystemCallError) -> Lookup {
        var directory = try root.descriptor.duplicate()
        var isOpaque = false
        for (depth, component) in path.enumerated() {
            let name = component + [0]
            let inode: Inode
            do throws(SystemCallError) {
                inode = try name.withTerminatedBytes { name throws(SystemCallError) in
                    try directory.inode(name: name)
                }
            } catch {
                guard error.errno == .noSuchFile else { throw error }
                return isOpaque ? .hidden : .absent
            }
            if inode.isWhiteout { return .hidden }
            if depth == path.count - 1 { return .found(directory, inode) }
            guard inode.kind == .directory else { return .hidden }
            directory = try name.withTerminatedBytes { name throws(SystemCallError) in
                try directory.open(name: name, [.readOnly, .directory, .noFollow])
            }
            if try directory.extendedAttribute(marks.opaque) == Array("y".utf8) { isOpaque = true }
        }
        return .absent
    }
}
