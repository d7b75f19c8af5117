internal import Synchronization

/// The latest warnings and errors, so that a dump of the state can say what went wrong before it was asked for.
package final class LogHistory: Sendable {
    private let capacity: Int
    private let lines: Mutex<[String]> = Mutex([])

    package init(capacity: Int = 32) {
        self.capacity = capacity
    }

    func append(_ line: String) {
        lines.withLock { lines in
            if lines.count == capacity { lines.removeFirst() }
            lines.append(line)
        }
    }

    /// Oldest first.
    package var recent: [String] { lines.withLock { $0 } }
}
