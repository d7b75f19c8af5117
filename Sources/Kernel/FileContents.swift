internal import CLinux

/// Bytes of files, and getting them to the disk.
extension FileDescriptor {
    /// Up to `buffer.count` bytes from `offset`; 0 at the end. See pread(2).
    package borrowing func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
    ) throws(SystemCallError) -> Int {
        let raw = rawValue
        return try retrying("pread") { pread(raw, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    /// Writes all of `bytes` at `offset`. See pwrite(2).
    package borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SystemCallError) {
        let raw = rawValue
        var done = 0
        while done < bytes.count {
            done += try retrying("pwrite") {
                pwrite(raw, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            }
        }
    }

    /// Appends all of `bytes` at the file position. See write(2).
    package borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(SystemCallError) {
        let raw = rawValue
        var done = 0
        while done < bytes.count {
            done += try retrying("write") { CLinux.write(raw, bytes.baseAddress! + done, bytes.count - done) }
        }
    }

    /// See ftruncate(2).
    package borrowing func truncate(to size: Int64) throws(SystemCallError) {
        let raw = rawValue
        try retrying("ftruncate") { ftruncate(raw, off_t(size)) }
    }

    /// Shares all of `source`'s extents with this empty file. Whether it did: false where the file system cannot.
    /// See ioctl_ficlone(2).
    package borrowing func cloneContents(of source: borrowing FileDescriptor) -> Bool {
        berth_clone_file(rawValue, source.rawValue) == 0
    }

    /// Copies `range` of `source` to the same place here, inside the kernel where both file systems can.
    /// See copy_file_range(2).
    package borrowing func copyContents(
        of source: borrowing FileDescriptor, range: Range<Int64>
    ) throws(SystemCallError) {
        let from = source.rawValue
        let to = rawValue
        var input = off_t(range.lowerBound)
        var output = input
        while input < off_t(range.upperBound) {
            let rest = Int(off_t(range.upperBound) - input)
            let count = try retrying("copy_file_range") { copy_file_range(from, &input, to, &output, rest, 0) }
            if count == 0 { return }
        }
    }

    /// The next stretch of data at or after `offset`, without the holes of a sparse file; nil when there is none.
    /// See lseek(2), `SEEK_DATA`.
    package borrowing func nextData(from offset: Int64) throws(SystemCallError) -> Range<Int64>? {
        let raw = rawValue
        let start = lseek(raw, off_t(offset), SEEK_DATA)
        if start < 0 {
            let errno = Errno.current
            if errno.rawValue == ENXIO { return nil }
            throw SystemCallError("lseek SEEK_DATA", errno: errno)
        }
        let end = try checked("lseek SEEK_HOLE") { lseek(raw, start, SEEK_HOLE) }
        return Int64(start)..<Int64(end)
    }

    /// The file's bytes and what is needed to read them back are on the disk when it returns. See fdatasync(2).
    package borrowing func synchronizeData() throws(SystemCallError) {
        let raw = rawValue
        try retrying("fdatasync") { fdatasync(raw) }
    }

    /// As `synchronizeData`, with all attributes; for a directory: its entries. See fsync(2).
    package borrowing func synchronize() throws(SystemCallError) {
        let raw = rawValue
        try retrying("fsync") { fsync(raw) }
    }

    /// Everything written to this file's file system before the call is on the disk when it returns. See syncfs(2).
    package borrowing func synchronizeFileSystem() throws(SystemCallError) {
        let raw = rawValue
        try retrying("syncfs") { syncfs(raw) }
    }
}
