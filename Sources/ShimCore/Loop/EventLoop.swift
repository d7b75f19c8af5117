package import Kernel

/// The one thread's loop: descriptors and deadlines with what to do about them.
///
/// Nothing here wakes up unless a descriptor is ready or a deadline has come. Handlers run one after the other and may
/// add or remove any watch, their own as well; a watch that was removed is not called, even if its descriptor was ready
/// in the same round.
package final class EventLoop {
    package struct Watch: Hashable {
        fileprivate let token: UInt64
        fileprivate let descriptor: Int32
    }

    package struct Deadline: Hashable {
        fileprivate let token: UInt64
    }

    private let epoll: Epoll
    private let timer: Timer
    private var handlers: [UInt64: (Epoll.Interest) -> Void] = [:]
    private var deadlines: [(token: UInt64, time: Int64, action: () -> Void)] = []
    private var lastToken: UInt64 = 0
    private var isRunning = false

    private static let timerToken: UInt64 = 0

    package init() throws(SystemCallError) {
        epoll = try Epoll()
        timer = try Timer()
        try epoll.add(timer.rawValue, .readable, token: Self.timerToken)
    }

    /// Calls `handler` whenever the descriptor is ready. The descriptor must be unwatched before it is closed.
    package func watch(
        _ descriptor: Int32, _ interest: Epoll.Interest, _ handler: @escaping (Epoll.Interest) -> Void
    ) throws(SystemCallError) -> Watch {
        lastToken += 1
        try epoll.add(descriptor, interest, token: lastToken)
        handlers[lastToken] = handler
        return Watch(token: lastToken, descriptor: descriptor)
    }

    package func modify(_ watch: Watch, _ interest: Epoll.Interest) {
        guard handlers[watch.token] != nil else { return }
        // Cannot fail for a descriptor that is open and watched, and both are the caller's promise.
        try? epoll.modify(watch.descriptor, interest, token: watch.token)
    }

    package func unwatch(_ watch: Watch) {
        guard handlers.removeValue(forKey: watch.token) != nil else { return }
        try? epoll.remove(watch.descriptor)
    }

    /// Calls `action` once, `milliseconds` from now.
    package func schedule(after milliseconds: Int, _ action: @escaping () -> Void) -> Deadline {
        lastToken += 1
        deadlines.append((lastToken, Clock.milliseconds() + Int64(milliseconds), action))
        armTimer()
        return Deadline(token: lastToken)
    }

    package func cancel(_ deadline: Deadline) {
        let count = deadlines.count
        deadlines.removeAll { $0.token == deadline.token }
        if deadlines.count != count { armTimer() }
    }

    /// Runs until `stop()`.
    package func run() throws(SystemCallError) {
        isRunning = true
        while isRunning {
            try epoll.wait { event in
                guard isRunning else { return }
                if event.token == Self.timerToken {
                    timer.acknowledge()
                    fireDeadlines()
                } else if let handler = handlers[event.token] {
                    handler(event.ready)
                }
            }
        }
    }

    package func stop() {
        isRunning = false
    }

    private func fireDeadlines() {
        let now = Clock.milliseconds()
        while let index = deadlines.firstIndex(where: { $0.time <= now }) {
            deadlines.remove(at: index).action()
        }
        armTimer()
    }

    private func armTimer() {
        if let next = deadlines.map(\.time).min() {
            try? timer.arm(milliseconds: Int(max(next - Clock.milliseconds(), 1)))
        } else {
            try? timer.disarm()
        }
    }
}
