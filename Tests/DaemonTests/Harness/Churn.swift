import Foundation
import TestKit
import Testing

/// A client that makes, starts, enters and removes a container of its own, over and over, and says which it is at.
final class Churn {
    enum Verb: String, CaseIterable {
        case run, exec, remove
    }

    private let loop: RunningTool
    private let mark: String
    private let stop: String

    init(_ tenant: Tenant, _ tool: Tenant.Tool, image: String) throws {
        let id = "c-\(tool)"
        let mark = "\(tenant.directory)/at-\(tool)"
        let stop = "\(tenant.directory)/stop-\(tool)"
        self.mark = mark
        self.stop = stop
        try? FileManager.default.removeItem(atPath: mark)
        try? FileManager.default.removeItem(atPath: stop)
        let program = try tool.program()
        func line(_ verb: String, _ arguments: String...) -> String {
            ([program] + tenant.words(tool, verb, arguments)).joined(separator: " ")
        }
        let steps: KeyValuePairs<Verb, String> =
            switch tool {
            case .ctr:
                [
                    .run: line("run", "-d", image, id, "sleep", "1000"),
                    .exec: line("t", "exec", "--exec-id", "e", id, "true"),
                    .remove: line("t", "rm", "-f", id) + "; " + line("c", "rm", id),
                ]
            case .berthctl:
                [
                    .run: line("run", "-d", "--name", id, image, "sleep", "1000"),
                    .exec: line("exec", id, "true"), .remove: line("rm", "-f", id),
                ]
            }
        let lines = steps.map { verb, line in "echo \(verb) > \(mark); \(line)" }
        loop = try RunningTool(
            "/bin/sh", ["-c", "while [ ! -e \(stop) ]; do \(lines.joined(separator: "; ")); done"])
    }

    /// Waits until it begins with `verb`.
    func begins(_ verb: Verb) async throws {
        let began = await eventually {
            FileManager.default.contents(atPath: self.mark) == Data("\(verb)\n".utf8)
        }
        try #require(began, "the client never comes to \(verb): \(loop.errorsSoFar)")
    }

    /// Ends it where it is: one that was let go on would try its next verb on the supervisor to come, and one that is
    /// attached to a process waits for that supervisor.
    func kill() async throws {
        // So that it starts nothing more while it is looked at.
        loop.signal(SIGSTOP)
        for verb in loop.children { Glibc.kill(verb, SIGKILL) }
        loop.signal(SIGKILL)
        _ = try await loop.ended()
    }

    /// Lets it come to the end of its round, whatever its verbs meet.
    func finish() async throws {
        _ = FileManager.default.createFile(atPath: stop, contents: nil)
        _ = try await loop.ended()
    }
}
