/// Copies of files with all that belongs to them.
extension FileDescriptor {
    private static let copyBufferSize = 256 << 10

    /// Makes this empty file hold what `source` holds: shared extents where the file system can, else copied
    /// inside the kernel, holes kept.
    package borrowing func copyAll(of source: borrowing FileDescriptor, _ inode: Inode) throws(SystemCallError) {
        guard inode.size > 0 else { return }
        if cloneContents(of: source) { return }
        guard inode.allocated < inode.size else { return try copyRange(of: source, 0..<inode.size) }
        try truncate(to: inode.size)
        var offset: Int64 = 0
        while offset < inode.size, let data = try source.nextData(from: offset) {
            try copyRange(of: source, data)
            offset = data.upperBound
        }
    }

    private borrowing func copyRange(
        of source: borrowing FileDescriptor, _ range: Range<Int64>
    ) throws(SystemCallError) {
        do throws(SystemCallError) {
            return try copyContents(of: source, range: range)
        } catch {
            switch error.errno {
            case .crossDevice, .notSupported, .invalidArgument, .notImplemented: break
            default: throw error
            }
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.copyBufferSize, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = Int(min(Int64(buffer.count), range.upperBound - offset))
            let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
            if count == 0 { return }
            try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
            offset += Int64(count)
        }
    }

    /// Gives this file the owner, extended attributes, permissions and times of `source`, in the order in which
    /// none undoes another. `leavingOut` says which extended attributes are not for the copy.
    package borrowing func copyAttributes(
        of source: borrowing FileDescriptor, _ inode: Inode, leavingOut: (String) -> Bool = { _ in false }
    ) throws(SystemCallError) {
        try setOwner(user: inode.user, group: inode.group)
        for name in try source.extendedAttributeNames() where !leavingOut(name) {
            guard let value = try source.extendedAttribute(name) else { continue }
            try setCopiedAttribute(name, value)
        }
        try setPermissions(inode.permissions)
        try setTimes(accessed: inode.accessed, modified: inode.modified)
    }

    private borrowing func setCopiedAttribute(_ name: String, _ value: [UInt8]) throws(SystemCallError) {
        var failure: SystemCallError?
        value.withUnsafeBytes { bytes in
            do throws(SystemCallError) {
                try setExtendedAttribute(name, bytes)
            } catch {
                failure = error
            }
        }
        // Another file system may not know the namespace; the copy is as good as it can be.
        if let failure, failure.errno != .notSupported { throw failure }
    }
}
