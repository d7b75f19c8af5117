internal import CLinux

extension FileDescriptor {
    /// How deep a removal descends before it moves what is deeper up: descriptors and stack stay bounded however
    /// deep a container has nested its directories.
    private static let removalDepth = 64
    private static let removalPrefix = ".berth-removed-"

    /// Removes `name` in this directory with all beneath it. Symbolic links are removed, not followed; a mount
    /// beneath is `busy`. That a name is gone already, removed by somebody else, is no error.
    ///
    /// A removal that was cut short leaves the rest under `name` or under names for which `isRemovalName` holds.
    package borrowing func removeTree(name: UnsafePointer<CChar>) throws(SystemCallError) {
        do throws(SystemCallError) {
            return try unlink(name: name)
        } catch {
            switch error.errno {
            case .noSuchFile: return
            // POSIX has EPERM for directories, Linux EISDIR.
            case .isDirectory, .notPermitted: break
            default: throw error
            }
        }
        var moved = 0
        try emptyAndRemove(name, depth: 0, base: rawValue, moved: &moved)
        var next = 0
        while next < moved {
            try withTerminated(Array("\(Self.removalPrefix)\(next)".utf8)) { name throws(SystemCallError) in
                try emptyAndRemove(name, depth: 0, base: rawValue, moved: &moved)
            }
            next += 1
        }
    }

    package static func isRemovalName(_ name: String) -> Bool { name.hasPrefix(removalPrefix) }

    private borrowing func emptyAndRemove(
        _ name: UnsafePointer<CChar>, depth: Int, base: Int32, moved: inout Int
    ) throws(SystemCallError) {
        do throws(SystemCallError) {
            let directory = try open(name: name, [.readOnly, .directory, .noFollow])
            try directory.empty(depth: depth, base: base, moved: &moved)
            try removeDirectory(name: name)
        } catch {
            if error.errno != .noSuchFile { throw error }
        }
    }

    private borrowing func empty(depth: Int, base: Int32, moved: inout Int) throws(SystemCallError) {
        var listing = DirectoryListing(of: self)
        while let entry = try listing.next() {
            let count = moved
            moved = try entry.withName { name throws(SystemCallError) in
                var moved = count
                try removeEntry(name, entry.kind, depth: depth, base: base, moved: &moved)
                return moved
            }
        }
    }

    private borrowing func removeEntry(
        _ name: UnsafePointer<CChar>, _ kind: Inode.Kind?, depth: Int, base: Int32, moved: inout Int
    ) throws(SystemCallError) {
        if kind != .directory {
            do throws(SystemCallError) {
                return try unlink(name: name)
            } catch {
                if error.errno == .noSuchFile { return }
                guard kind == nil, error.errno == .isDirectory else { throw error }
            }
        }
        if depth < Self.removalDepth {
            return try emptyAndRemove(name, depth: depth + 1, base: base, moved: &moved)
        }
        let raw = rawValue
        while true {
            let target = "\(Self.removalPrefix)\(moved)"
            moved += 1
            if renameat(raw, name, base, target) == 0 { return }
            let errno = Errno.current
            // A leftover of an earlier removal has the name; it is removed in its turn.
            if errno == .notEmpty || errno == .exists || errno == .notDirectory { continue }
            if errno == .noSuchFile { return }
            throw SystemCallError("renameat", on: String(cString: name), errno: errno)
        }
    }
}
