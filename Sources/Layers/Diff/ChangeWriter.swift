internal import Kernel
internal import Model

/// Writes what has changed in a tree as entries of a layer.
final class ChangeWriter {
    private struct FileID: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private let sink: LayerSink
    private let tar: TarWriter
    /// No entry is younger.
    private let latest: Int64?
    /// The first name of each inode that has several.
    private var linked: [FileID: [UInt8]] = [:]

    init(_ sink: LayerSink, latest: Int64?) {
        self.sink = sink
        tar = TarWriter(sink)
        self.latest = latest
    }

    /// The file `name` of `directory` as it is now, with its contents. Sockets, which no layer can hold, are left out.
    func add(_ path: [UInt8], _ name: [UInt8], _ inode: Inode, in directory: borrowing FileDescriptor) throws(Failure) {
        var described: TarEntry?
        do throws(SystemCallError) {
            described = try describe(path, name, inode, in: directory)
        } catch {
            throw .disk(error, "entry \(path.quoted)")
        }
        guard var entry = described else { return }
        if inode.kind != .directory, inode.links > 1 {
            let id = FileID(device: inode.device, inode: inode.number)
            if let first = linked[id] {
                entry.kind = .hardLink
                entry.link = first
            } else {
                linked[id] = path
            }
        }
        if entry.kind == .regular {
            try addFile(entry, name, in: directory)
        } else {
            try tar.begin(entry)
        }
    }

    /// A mark that `name` of the directory `path` is gone.
    func hide(_ name: [UInt8], in path: [UInt8]) throws(Failure) {
        try mark(joined(path, LayerPath.whiteoutPrefix + name))
    }

    /// A mark that everything below in the directory `path` is gone.
    func hideAll(in path: [UInt8]) throws(Failure) {
        try mark(joined(path, LayerPath.opaqueMark))
    }

    func end() throws(Failure) {
        try tar.end()
    }

    private func mark(_ path: [UInt8]) throws(Failure) {
        var entry = TarEntry()
        entry.path = path
        try tar.begin(entry)
    }

    // MARK: Entries

    private func describe(
        _ path: [UInt8], _ name: [UInt8], _ inode: Inode, in directory: borrowing FileDescriptor
    ) throws(SystemCallError) -> TarEntry? {
        var entry = TarEntry()
        entry.path = path
        entry.permissions = inode.permissions
        entry.user = inode.user
        entry.group = inode.group
        // Whole seconds, as containerd has it: a fraction would take every entry a header more.
        entry.modified = FileTime(seconds: min(inode.modified.seconds, latest ?? .max))
        switch inode.kind {
        case .regular: entry.kind = .regular
        case .directory:
            entry.kind = .directory
            entry.path.append(UInt8(ascii: "/"))
        case .symbolicLink:
            entry.kind = .symbolicLink
            entry.link = try (name + [0]).withTerminatedBytes { name throws(SystemCallError) in
                try directory.readSymbolicLink(name: name)
            }
        case .characterDevice, .blockDevice:
            entry.kind = inode.kind == .blockDevice ? .blockDevice : .characterDevice
            entry.major = inode.nodeMajor
            entry.minor = inode.nodeMinor
        case .fifo: entry.kind = .fifo
        case .socket: return nil
        }
        return entry
    }

    /// As many bytes as the file has when it is opened: one that a running container makes longer or shorter
    /// meanwhile does not break the archive.
    private func addFile(
        _ described: TarEntry, _ name: [UInt8], in directory: borrowing FileDescriptor
    ) throws(Failure) {
        var entry = described
        let file = try openFile(name, in: directory, entry.path)
        do throws(SystemCallError) {
            let inode = try file.inode()
            guard inode.kind == .regular else { return }
            entry.size = inode.size
            entry.attributes = try Self.attributes(of: file)
        } catch {
            throw .disk(error, "entry \(entry.path.quoted)")
        }
        try tar.begin(entry)
        var offset: Int64 = 0
        while offset < entry.size {
            let space = try sink.space()
            let part = UnsafeMutableRawBufferPointer(rebasing: space.prefix(Int(clamping: entry.size - offset)))
            var count: Int
            do throws(SystemCallError) {
                count = try file.read(into: part, at: offset)
            } catch {
                throw .disk(error, "entry \(entry.path.quoted)")
            }
            if count == 0 {
                part.initializeMemory(as: UInt8.self, repeating: 0)
                count = part.count
            }
            sink.advance(count)
            offset += Int64(count)
        }
        try tar.pad(entry.size)
    }

    /// File capabilities and what users set.
    private static func attributes(of file: borrowing FileDescriptor) throws(SystemCallError) -> [TarEntry.Attribute] {
        var attributes: [TarEntry.Attribute] = []
        for name in try file.extendedAttributeNames().sorted()
        where name == "security.capability" || name.hasPrefix("user.") && !OverlayMarks.isMark(name) {
            guard let value = try file.extendedAttribute(name) else { continue }
            attributes.append(TarEntry.Attribute(name: Array(name.utf8), value: value))
        }
        return attributes
    }
}

/// `name` in the directory `path`, which is empty for the root.
func joined(_ path: [UInt8], _ name: [UInt8]) -> [UInt8] {
    path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
}
