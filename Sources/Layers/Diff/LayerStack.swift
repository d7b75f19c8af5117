internal import Kernel
internal import Model

/// A snapshot as it lies on the disk: directories that make one tree, nearest first.
struct LayerStack: Sendable, Equatable {
    var directories: [String]
    /// nil for a plain directory, in which nothing marks anything.
    var marks: OverlayMarks?

    /// `unimplemented` for mounts other than one bind or overlay mount. No mounts at all are an empty tree.
    init(_ mounts: [Mount]) throws(Failure) {
        guard let mount = mounts.first else {
            (directories, marks) = ([], nil)
            return
        }
        guard mounts.count == 1, mount.target.isEmpty else {
            throw Failure(.unimplemented, "\(mounts.count) mounts; expected one, a bind or overlay mount")
        }
        if mount.type == "overlay" {
            let options = OverlayOptions(mount.options)
            (directories, marks) = ((options.upper.map { [$0] } ?? []) + options.lowers, options.marks)
        } else if LayerTarget.isBind(mount) {
            (directories, marks) = ([mount.source], nil)
        } else {
            throw Failure(.unimplemented, "mount type \"\(mount.type)\": expected bind or overlay")
        }
        for directory in directories where !directory.hasPrefix("/") {
            throw .invalid("mount of \"\(directory)\": expected an absolute path")
        }
    }

    /// The directory in which alone this stack differs from `base`, which is all of the rest of it.
    func top(over base: LayerStack) -> String? {
        guard let top = directories.first, directories.count > 1 else { return nil }
        return Array(directories.dropFirst()) == base.directories ? top : nil
    }
}

/// One directory of a stack: the directories of all layers that are seen together there, nearest first.
final class MergedDirectory {
    private let layers: [OpenDirectory]
    private let marks: OverlayMarks?

    struct Entry {
        let inode: Inode
        /// Which of the layers has it.
        fileprivate let layer: Int
    }

    convenience init(root stack: LayerStack) throws(SystemCallError) {
        var layers: [OpenDirectory] = []
        for path in stack.directories {
            layers.append(try OpenDirectory(try FileDescriptor.open(path: path, [.readOnly, .directory])))
        }
        self.init(layers, stack.marks)
    }

    private init(_ layers: [OpenDirectory], _ marks: OverlayMarks?) {
        self.layers = layers
        self.marks = marks
    }

    func entries() throws(SystemCallError) -> [[UInt8]: Entry] {
        var entries: [[UInt8]: Entry] = [:]
        var hidden: Set<[UInt8]> = []
        for (index, layer) in layers.enumerated() {
            let fresh = try layer.descriptor.open(name: ".", [.readOnly, .directory])
            var listing = DirectoryListing(of: fresh)
            while let entry = try listing.next() {
                guard entries[entry.name] == nil, !hidden.contains(entry.name) else { continue }
                let inode = try (entry.name + [0]).withTerminatedBytes { name throws(SystemCallError) in
                    try layer.descriptor.inode(name: name)
                }
                if marks != nil, inode.isWhiteout {
                    hidden.insert(entry.name)
                } else {
                    entries[entry.name] = Entry(inode: inode, layer: index)
                }
            }
        }
        return entries
    }

    /// Hands `body` the directory in which an entry really is.
    func withPlace<Value, Thrown: Error>(
        of entry: Entry, _ body: (borrowing FileDescriptor) throws(Thrown) -> Value
    ) throws(Thrown) -> Value {
        try body(layers[entry.layer].descriptor)
    }

    /// The directory `name`, of all layers up to one that hides those below.
    func directory(_ name: [UInt8], _ entry: Entry) throws(SystemCallError) -> MergedDirectory {
        var parts: [OpenDirectory] = []
        for layer in layers[entry.layer...] {
            let part: OpenDirectory?
            do throws(SystemCallError) {
                part = try (name + [0]).withTerminatedBytes { name throws(SystemCallError) in
                    try OpenDirectory(try layer.descriptor.open(name: name, [.readOnly, .directory, .noFollow]))
                }
            } catch {
                switch error.errno {
                case .noSuchFile: part = nil
                // Something else has the name there; what is below that is hidden.
                case .notDirectory, .tooManyLinks: return MergedDirectory(parts, marks)
                default: throw error
                }
            }
            guard let part else { continue }
            parts.append(part)
            if let marks, try part.descriptor.extendedAttribute(marks.opaque) == Array("y".utf8) { break }
        }
        return MergedDirectory(parts, marks)
    }
}
