package import TTRPC
package import TaskAPI

/// Events that the daemon has not confirmed, oldest first: pure, without a system call.
///
/// One event is under way at a time, because a daemon may serve the calls of one connection in any order. It leaves
/// the queue when the daemon has answered, so a daemon that dies before it answers gets the event again: delivery is
/// at least once, in order.
///
/// Rule at the bound: when more than `capacity` events wait, the oldest one that is no create, start, exit or delete is
/// dropped. Those four are never dropped; there are at most four for each process that existed, and while no daemon
/// is there nobody makes new ones.
package struct EventQueue {
    package struct Entry: Hashable, Sendable {
        package let event: TaskEvent
        package let time: Instant
    }

    package enum Outcome: Hashable, Sendable {
        case delivered
        /// The daemon will never take it; repeating it is no use.
        case refused(Status)
        case retry
    }

    private var entries: [Entry] = []
    private var isInFlight = false
    private let capacity: Int

    /// Attempts that failed in a row, since the last one that succeeded.
    package private(set) var failures = 0
    /// Events that were dropped at the bound.
    package private(set) var dropped = 0

    package init(capacity: Int = 4096) {
        self.capacity = capacity
    }

    package var isEmpty: Bool { entries.isEmpty }
    package var count: Int { entries.count }

    package mutating func append(_ event: TaskEvent, at time: Instant) {
        entries.append(Entry(event: event, time: time))
        guard entries.count > capacity else { return }
        let first = isInFlight ? 1 : 0
        if let index = entries[first...].firstIndex(where: { !$0.event.mustBeDelivered }) {
            entries.remove(at: index)
            dropped += 1
        }
    }

    /// The event to be sent now, or nil when there is none or one is under way.
    package mutating func next() -> Entry? {
        guard !isInFlight, let entry = entries.first else { return nil }
        isInFlight = true
        return entry
    }

    /// What became of the event that was under way.
    package mutating func finish(_ outcome: Outcome) {
        guard isInFlight else { return }
        isInFlight = false
        switch outcome {
        case .delivered, .refused:
            entries.removeFirst()
            failures = 0
        case .retry:
            failures += 1
        }
    }

    /// How long to wait before the next attempt, in milliseconds: from 50 ms, doubled with each failure, to 5 s.
    package var backoff: Int {
        min(50 << min(max(failures - 1, 0), 7), 5000)
    }

    /// What an answer of the daemon means for the event.
    package static func outcome(of response: Response) -> Outcome {
        guard case .failure(let status) = response else { return .delivered }
        switch status.code {
        case .invalidArgument, .unimplemented, .outOfRange, .alreadyExists: return .refused(status)
        default: return .retry
        }
    }
}

extension TaskEvent {
    /// Without these the daemon's picture of a process would be wrong for good.
    var mustBeDelivered: Bool {
        switch self {
        case .create, .start, .exit, .delete: true
        case .execAdded, .execStarted, .paused, .resumed, .outOfMemory: false
        }
    }
}
