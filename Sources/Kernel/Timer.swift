internal import CLinux

/// A clock that runs while the machine does, as a descriptor that becomes readable. See timerfd_create(2).
package struct Timer: ~Copyable {
    private let descriptor: FileDescriptor

    /// Disarmed until `arm(milliseconds:)`.
    package init() throws(SystemCallError) {
        descriptor = FileDescriptor(
            owning: try checked("timerfd_create") {
                timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
            })
    }

    package var rawValue: Int32 { descriptor.rawValue }

    /// Fires once after `milliseconds` (at least one), instead of what was armed before.
    package func arm(milliseconds: Int) throws(SystemCallError) {
        try set(milliseconds: max(milliseconds, 1))
    }

    package func disarm() throws(SystemCallError) {
        try set(milliseconds: 0)
    }

    /// Takes note of a firing, so that the descriptor is no longer readable.
    package func acknowledge() {
        var count: UInt64 = 0
        _ = read(descriptor.rawValue, &count, MemoryLayout<UInt64>.size)
    }

    private func set(milliseconds: Int) throws(SystemCallError) {
        let raw = descriptor.rawValue
        var value = itimerspec()
        value.it_value.tv_sec = milliseconds / 1000
        value.it_value.tv_nsec = milliseconds % 1000 * 1_000_000
        try checked("timerfd_settime") { timerfd_settime(raw, 0, &value, nil) }
    }
}
