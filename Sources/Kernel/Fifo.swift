internal import CLinux

/// Named pipes. See fifo(7).
package enum Fifo {
    package enum Mode: Sendable {
        /// Never waits for a writer.
        case reading
        /// Fails with `ENXIO` (`noReader`) while nobody reads.
        case writing
        /// Both ends in one, which Linux allows for FIFOs: reads never see the end, writes never a broken pipe.
        case both
    }

    /// `open(.writing)` on a FIFO that nobody reads.
    package static let noReader = Errno(rawValue: ENXIO)

    /// Makes a FIFO that only its owner may use. An existing one is `exists`. See mkfifo(3).
    package static func make(_ path: String) throws(SystemCallError) {
        try checked("mkfifo", on: path) { mkfifo(path, 0o600) }
    }

    /// Opens without waiting for the other end. Anything but a FIFO is refused, so that nothing else a path leads to
    /// is ever read or written.
    /// - Parameter blocking: whether later reads and writes wait.
    package static func open(
        _ path: String, _ mode: Mode, blocking: Bool = false
    ) throws(SystemCallError) -> FileDescriptor {
        let access =
            switch mode {
            case .reading: O_RDONLY
            case .writing: O_WRONLY
            case .both: O_RDWR
            }
        let descriptor = FileDescriptor(
            owning: try retrying("open", on: path) {
                berth_openat(AT_FDCWD, path, access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0)
            })
        let raw = descriptor.rawValue
        var status = stat()
        try checked("fstat", on: path) { fstat(raw, &status) }
        guard status.st_mode & UInt32(S_IFMT) == UInt32(S_IFIFO) else {
            throw SystemCallError("open FIFO", on: path, errno: Errno(rawValue: EINVAL))
        }
        if blocking { try descriptor.setNonBlocking(false) }
        return descriptor
    }
}

/// A pipe's two ends. See pipe2(2).
package struct Pipe: ~Copyable {
    package var reading: FileDescriptor
    package var writing: FileDescriptor

    /// Both ends block until set otherwise.
    package init() throws(SystemCallError) {
        var ends: (Int32, Int32) = (-1, -1)
        try checked("pipe2") {
            withUnsafeMutableBytes(of: &ends) { pipe2($0.assumingMemoryBound(to: Int32.self).baseAddress, O_CLOEXEC) }
        }
        reading = FileDescriptor(owning: ends.0)
        writing = FileDescriptor(owning: ends.1)
    }

    package consuming func ends() -> (reading: Int32, writing: Int32) {
        (reading.release(), writing.release())
    }
}
