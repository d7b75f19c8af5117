internal import CLinux

/// A counter that is readable while it is above zero. See eventfd(2).
package struct EventCounter: ~Copyable {
    package let descriptor: FileDescriptor

    package init() throws(SystemCallError) {
        descriptor = FileDescriptor(
            owning: try checked("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
    }

    package func add(_ count: UInt64 = 1) throws(SystemCallError) {
        let raw = descriptor.rawValue
        var count = count
        try retrying("write eventfd") { write(raw, &count, MemoryLayout<UInt64>.size) }
    }

    /// Sets the counter to zero and answers what it was; 0 when nothing was added.
    package func take() -> UInt64 {
        var count: UInt64 = 0
        return read(descriptor.rawValue, &count, MemoryLayout<UInt64>.size) == -1 ? 0 : count
    }
}
