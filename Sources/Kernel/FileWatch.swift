internal import CLinux

/// Tells when a file changes. See inotify(7).
package struct FileWatch: ~Copyable {
    /// Readable once the file was modified, or is gone.
    package let descriptor: FileDescriptor

    package init(modificationsOf path: String) throws(SystemCallError) {
        let watch = FileDescriptor(
            owning: try checked("inotify_init1") { inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK)) })
        try checked("inotify_add_watch", on: path) { inotify_add_watch(watch.rawValue, path, UInt32(IN_MODIFY)) }
        descriptor = watch
    }
}

extension FileDescriptor {
    /// Reads and forgets what is there to read, from a descriptor that does not block.
    package borrowing func discardInput() {
        let raw = rawValue
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while CLinux.read(raw, buffer.baseAddress, buffer.count) > 0 {}
        }
    }
}
