internal import CLinux

/// An open file descriptor with exactly one owner; it is closed when that owner lets go of it.
///
/// Every descriptor that Berth opens is close-on-exec. What a child is to inherit is handed over explicitly.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    /// Takes over `rawValue`; nobody else may close it from here on.
    package init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        _ = CLinux.close(rawValue)
    }

    /// Gives the number away without closing it.
    package consuming func release() -> Int32 {
        let rawValue = self.rawValue
        discard self
        return rawValue
    }

    /// A second descriptor of the same open file description. See fcntl(2), `F_DUPFD_CLOEXEC`.
    package borrowing func duplicate() throws(SystemCallError) -> FileDescriptor {
        let raw = rawValue
        return FileDescriptor(owning: try retrying("fcntl F_DUPFD_CLOEXEC") { berth_duplicate(raw) })
    }
}
