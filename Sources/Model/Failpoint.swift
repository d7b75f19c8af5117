internal import Glibc
internal import Synchronization

/// Places where a test makes the process die or wait, to see what a restart finds.
///
/// The environment variable `BERTH_FAILPOINTS` names them, with what is to happen there:
/// `tasks.create.after-spawn=kill,tasks.delete.after-call=delay:200`. `kill` is SIGKILL to this process, at the
/// very line; `kill:3` at the third time the line is reached; `delay:N` blocks for N milliseconds. Without the
/// variable a failpoint is one comparison.
package enum Failpoint {
    private enum Action {
        case kill(countdown: Int)
        case delay(milliseconds: UInt32)
    }

    /// The environment as it was when the process began; it does not change afterwards.
    private static let actions: [String: Action]? = parse(getenv("BERTH_FAILPOINTS").map { String(cString: $0) })

    /// The times each line was reached, by the threads of this process together.
    private static let hits = Mutex<[String: Int]>([:])

    package static func reach(_ name: String) {
        guard let milliseconds = delay(at: name) else { return }
        usleep(milliseconds * 1000)
    }

    /// As the other, but what waits is only the task: its thread may have others to serve.
    package static func reach(_ name: String) async {
        guard let milliseconds = delay(at: name) else { return }
        // Whether somebody wants the task to end makes no difference to the line that it is at.
        await Task { try? await Task.sleep(for: .milliseconds(milliseconds)) }.value
    }

    /// Does not return if the process is to die here.
    private static func delay(at name: String) -> UInt32? {
        guard let actions, let action = actions[name] else { return nil }
        switch action {
        case .delay(let milliseconds): return milliseconds
        case .kill(let countdown):
            let reached = hits.withLock { hits in
                hits[name, default: 0] += 1
                return hits[name, default: 0]
            }
            if reached >= countdown { kill(getpid(), SIGKILL) }
            return nil
        }
    }

    private static func parse(_ text: String?) -> [String: Action]? {
        guard let text, !text.isEmpty else { return nil }
        var actions: [String: Action] = [:]
        for entry in text.split(separator: ",") {
            let sides = entry.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { continue }
            let words = sides[1].split(separator: ":", maxSplits: 1)
            let number = words.count == 2 ? UInt32(words[1]) : nil
            switch words.first {
            case "kill": actions[String(sides[0])] = .kill(countdown: Int(number ?? 1))
            case "delay": actions[String(sides[0])] = .delay(milliseconds: number ?? 0)
            default: continue
            }
        }
        return actions
    }
}
