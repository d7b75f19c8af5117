internal import CLinux

extension FileDescriptor {
    /// openat2(2). `EAGAIN`, which a rename elsewhere in the tree may cause, is retried a bounded number of times.
    package static func open(
        _ path: String, resolving resolution: Resolution, relativeTo directory: Int32, _ flags: OpenFlags,
        mode: UInt32 = 0
    ) throws(SystemCallError) -> FileDescriptor {
        let bits = UInt64(UInt32(bitPattern: flags.rawValue | O_CLOEXEC))
        var attempts = 0
        while true {
            let result = berth_openat2(directory, path, bits, UInt64(mode), resolution.rawValue)
            if result >= 0 { return FileDescriptor(owning: result) }
            let errno = Errno.current
            attempts += 1
            guard errno == .interrupted || errno == .tryAgain, attempts < 128 else {
                throw SystemCallError("openat2", on: path, errno: errno)
            }
        }
    }
}
