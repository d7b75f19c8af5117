internal import Kernel
internal import Model

// Names in directories, as walks over trees look at them.

/// In an order that does not depend on the file system: the same tree gives the same layer.
func sortedNames(in directory: borrowing FileDescriptor, _ path: [UInt8]) throws(Failure) -> [[UInt8]] {
    do throws(SystemCallError) {
        let fresh = try directory.open(name: ".", [.readOnly, .directory])
        var listing = DirectoryListing(of: fresh)
        var names: [[UInt8]] = []
        while let entry = try listing.next() { names.append(entry.name) }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    } catch {
        throw .disk(error, "directory \(path.quoted)")
    }
}

/// nil when it is gone meanwhile.
func inode(
    of name: [UInt8], in directory: borrowing FileDescriptor, _ place: [UInt8]
) throws(Failure) -> Inode? {
    do throws(SystemCallError) {
        return try (name + [0]).withTerminatedBytes { name throws(SystemCallError) in
            try directory.inode(name: name)
        }
    } catch {
        if error.errno == .noSuchFile { return nil }
        throw .disk(error, "entry \(place.quoted)")
    }
}

func openDirectory(
    _ name: [UInt8], in directory: borrowing FileDescriptor, _ place: [UInt8]
) throws(Failure) -> FileDescriptor {
    do throws(SystemCallError) {
        return try (name + [0]).withTerminatedBytes { name throws(SystemCallError) in
            try directory.open(name: name, [.readOnly, .directory, .noFollow])
        }
    } catch {
        throw .disk(error, "directory \(place.quoted)")
    }
}

/// Not for waiting on a fifo that has taken a file's name meanwhile.
func openFile(
    _ name: [UInt8], in directory: borrowing FileDescriptor, _ place: [UInt8]
) throws(Failure) -> FileDescriptor {
    do throws(SystemCallError) {
        return try (name + [0]).withTerminatedBytes { name throws(SystemCallError) in
            try directory.open(name: name, [.readOnly, .noFollow, .nonBlocking])
        }
    } catch {
        throw .disk(error, "entry \(place.quoted)")
    }
}
