internal import CLinux

/// Waits on many descriptors at once, level-triggered. See epoll(7).
package struct Epoll: ~Copyable {
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let readable = Interest(rawValue: EPOLLIN.rawValue)
        package static let writable = Interest(rawValue: EPOLLOUT.rawValue)
        /// The peer has closed its writing half.
        package static let peerClosed = Interest(rawValue: EPOLLRDHUP.rawValue)
        /// Reported whether asked for or not.
        package static let hangup = Interest(rawValue: EPOLLHUP.rawValue)
        /// Reported whether asked for or not.
        package static let failure = Interest(rawValue: EPOLLERR.rawValue)
    }

    package struct Event: Sendable {
        /// What was given when the descriptor was added.
        package let token: UInt64
        package let ready: Interest
    }

    private let descriptor: FileDescriptor

    package init() throws(SystemCallError) {
        descriptor = FileDescriptor(owning: try checked("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    }

    /// Starts to watch `watched`; an empty interest still reports hang-ups and failures.
    package func add(_ watched: Int32, _ interest: Interest, token: UInt64) throws(SystemCallError) {
        try control(EPOLL_CTL_ADD, watched, interest, token)
    }

    package func modify(_ watched: Int32, _ interest: Interest, token: UInt64) throws(SystemCallError) {
        try control(EPOLL_CTL_MOD, watched, interest, token)
    }

    /// Stops watching. Must come before the descriptor is closed where another one shares its open file.
    package func remove(_ watched: Int32) throws(SystemCallError) {
        try control(EPOLL_CTL_DEL, watched, [], 0)
    }

    /// Waits, for ever when `milliseconds` is -1, and gives each ready descriptor to `body`.
    /// At most 32 a round: what is left is reported by the next one.
    package func wait(milliseconds: Int32 = -1, _ body: (Event) -> Void) throws(SystemCallError) {
        let raw = descriptor.rawValue
        let capacity = 32
        let failure = withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: capacity) { events in
            let count = epoll_wait(raw, events.baseAddress, Int32(capacity), milliseconds)
            if count == -1 {
                let errno = Errno.current
                return errno == .interrupted ? nil : SystemCallError("epoll_wait", errno: errno)
            }
            for event in events[..<Int(count)] {
                body(Event(token: event.data.u64, ready: Interest(rawValue: event.events)))
            }
            return nil
        }
        if let failure { throw failure }
    }

    private func control(
        _ operation: Int32, _ watched: Int32, _ interest: Interest, _ token: UInt64
    ) throws(SystemCallError) {
        let raw = descriptor.rawValue
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: token))
        try checked("epoll_ctl") { epoll_ctl(raw, operation, watched, &event) }
    }
}
