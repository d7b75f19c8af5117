internal import Kernel
internal import Model

/// What one tree has over another, found by going through both.
struct TreeComparison {
    private static let maximumDepth = 256

    let writer: ChangeWriter

    func run(_ left: LayerStack, _ right: LayerStack) throws(Failure) {
        let roots: (MergedDirectory, MergedDirectory)
        do throws(SystemCallError) {
            roots = (try MergedDirectory(root: left), try MergedDirectory(root: right))
        } catch {
            throw .disk(error, "directories to compare")
        }
        var parents = Parents()
        try compare(roots.0, roots.1, [], &parents, depth: 0)
    }

    /// Directories on the way to the place of the comparison that are not written yet: they are when something in
    /// them is.
    private struct Parents {
        var unwritten: [(path: [UInt8], name: [UInt8], entry: MergedDirectory.Entry, directory: MergedDirectory)] = []
    }

    private func compare(
        _ left: MergedDirectory?, _ right: MergedDirectory, _ path: [UInt8], _ parents: inout Parents, depth: Int
    ) throws(Failure) {
        guard depth <= Self.maximumDepth else {
            throw .malformed("directory \(path.quoted): nested deeper than \(Self.maximumDepth) levels")
        }
        let old: [[UInt8]: MergedDirectory.Entry]
        let new: [[UInt8]: MergedDirectory.Entry]
        do throws(SystemCallError) {
            old = try left?.entries() ?? [:]
            new = try right.entries()
        } catch {
            throw .disk(error, "directory \(path.quoted)")
        }
        for name in Set(old.keys).union(new.keys).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let entry = new[name] else {
                try flush(&parents)
                try writer.hide(name, in: path)
                continue
            }
            let place = joined(path, name)
            let before = old[name]
            let isSame = try before.map { before throws(Failure) in
                try same(before, in: left!, entry, in: right, name, place)
            }
            guard entry.inode.kind == .directory else {
                if isSame != true {
                    try flush(&parents)
                    try add(place, name, entry, right)
                }
                continue
            }
            let wasDirectory = before?.inode.kind == .directory
            let below: (MergedDirectory?, MergedDirectory)
            do throws(SystemCallError) {
                below = (
                    wasDirectory ? try left!.directory(name, before!) : nil, try right.directory(name, entry)
                )
            } catch {
                throw .disk(error, "directory \(place.quoted)")
            }
            parents.unwritten.append((place, name, entry, right))
            let depthBefore = parents.unwritten.count
            if isSame != true { try flush(&parents) }
            try compare(below.0, below.1, place, &parents, depth: depth + 1)
            if parents.unwritten.count >= depthBefore { parents.unwritten.removeLast() }
        }
    }

    private func flush(_ parents: inout Parents) throws(Failure) {
        let unwritten = parents.unwritten
        parents.unwritten = []
        for (path, name, entry, directory) in unwritten { try add(path, name, entry, directory) }
    }

    private func add(
        _ path: [UInt8], _ name: [UInt8], _ entry: MergedDirectory.Entry, _ directory: MergedDirectory
    ) throws(Failure) {
        try directory.withPlace(of: entry) { place throws(Failure) in
            try writer.add(path, name, entry.inode, in: place)
        }
    }

    /// As containerd compares: attributes, then for files size and time, and the contents where the time says
    /// nothing.
    private func same(
        _ before: MergedDirectory.Entry, in left: MergedDirectory, _ after: MergedDirectory.Entry,
        in right: MergedDirectory, _ name: [UInt8], _ path: [UInt8]
    ) throws(Failure) -> Bool {
        let (old, new) = (before.inode, after.inode)
        if old.device == new.device && old.number == new.number { return true }
        guard old.kind == new.kind, old.permissions == new.permissions, old.user == new.user, old.group == new.group,
            old.nodeMajor == new.nodeMajor, old.nodeMinor == new.nodeMinor
        else { return false }
        do throws(SystemCallError) {
            switch new.kind {
            case .directory, .fifo, .socket, .characterDevice, .blockDevice: return true
            case .symbolicLink: return try link(name, before, left) == link(name, after, right)
            case .regular:
                guard old.size == new.size else { return false }
                guard try capabilities(name, before, left) == capabilities(name, after, right) else { return false }
                if old.modified == new.modified && new.modified.nanoseconds != 0 { return true }
                if old.modified.seconds != new.modified.seconds { return false }
                return try haveSameContents(name, before, left, after, right, size: new.size)
            }
        } catch {
            throw .disk(error, "entry \(path.quoted)")
        }
    }

    private func link(
        _ name: [UInt8], _ entry: MergedDirectory.Entry, _ directory: MergedDirectory
    ) throws(SystemCallError) -> [UInt8] {
        try directory.withPlace(of: entry) { place throws(SystemCallError) in
            try (name + [0]).withTerminatedBytes { name throws(SystemCallError) in
                try place.readSymbolicLink(name: name)
            }
        }
    }

    private func capabilities(
        _ name: [UInt8], _ entry: MergedDirectory.Entry, _ directory: MergedDirectory
    ) throws(SystemCallError) -> [UInt8]? {
        try file(name, entry, directory).extendedAttribute("security.capability")
    }

    private func file(
        _ name: [UInt8], _ entry: MergedDirectory.Entry, _ directory: MergedDirectory
    ) throws(SystemCallError) -> FileDescriptor {
        var result: FileDescriptor?
        try directory.withPlace(of: entry) { place throws(SystemCallError) in
            result = try (name + [0]).withTerminatedBytes { name throws(SystemCallError) in
                try place.open(name: name, [.readOnly, .noFollow, .nonBlocking])
            }
        }
        return result.take()!
    }

    private func haveSameContents(
        _ name: [UInt8], _ before: MergedDirectory.Entry, _ left: MergedDirectory, _ after: MergedDirectory.Entry,
        _ right: MergedDirectory, size: Int64
    ) throws(SystemCallError) -> Bool {
        let old = try file(name, before, left)
        let new = try file(name, after, right)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 4096)
        defer { buffer.deallocate() }
        let (first, second) = (
            UnsafeMutableRawBufferPointer(rebasing: buffer[..<(64 << 10)]),
            UnsafeMutableRawBufferPointer(rebasing: buffer[(64 << 10)...])
        )
        var offset: Int64 = 0
        while offset < size {
            let count = try old.read(into: first, at: offset)
            guard try new.read(into: second, at: offset) == count, count > 0 else { return count == 0 }
            guard first[..<count].elementsEqual(second[..<count]) else { return false }
            offset += Int64(count)
        }
        return true
    }
}
