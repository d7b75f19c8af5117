internal import Glibc
internal import Model
internal import Synchronization

/// Long work for a person who waits: one line that is rewritten on a terminal, one line a step elsewhere.
final class ProgressLine: Sendable {
    private struct State {
        var done: [String: Int64] = [:]
        var totals: [String: Int64] = [:]
        var last = ""
    }

    private let state = Mutex(State())
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let quiet: Bool

    init(quiet: Bool) {
        self.quiet = quiet
    }

    func report(_ step: TransferProgress) {
        guard !quiet else { return }
        let line = state.withLock { state in
            if step.total > 0 {
                state.done[step.name] = step.done
                state.totals[step.name] = step.total
            }
            let done = Readable.sum(state.done.values)
            let total = Readable.sum(state.totals.values)
            let amount = total > 0 ? "  \(Readable.size(done)) of \(Readable.size(total))" : ""
            let line = Readable.plain(isTerminal ? "\(step.event)\(amount)" : "\(step.event) \(step.name)")
            defer { state.last = line }
            return line == state.last || (!isTerminal && Self.isFrequent(step)) ? "" : line
        }
        guard !line.isEmpty else { return }
        isTerminal ? StandardOutput.write(Array("\r\u{1B}[K\(line)".utf8), to: STDERR_FILENO) : Diagnostics.write(line)
    }

    /// Leaves the terminal's line empty.
    func end() {
        guard !quiet, isTerminal else { return }
        StandardOutput.write(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO)
    }

    private static func isFrequent(_ step: TransferProgress) -> Bool {
        (step.event == "downloading" || step.event == "importing") && step.done < step.total
    }
}
