import Foundation
import Testing

/// The stock client's view of a namespace's events, from the moment it is made.
final class EventWatch {
    private let tool: RunningTool
    private let namespace: String

    struct Event: Equatable {
        let topic: String
        let container: String
        /// The process, for tasks' events; the container's own has its name.
        let process: String
        let status: Int
    }

    init(of tenant: Tenant) throws {
        namespace = tenant.namespace
        tool = try RunningTool("/usr/bin/ctr", ["--address", tenant.berthd.address, "events"])
    }

    deinit { tool.signal(SIGKILL) }

    /// A line is date, time, zone and its name, then namespace, topic and the message as JSON.
    var events: [Event] {
        tool.outputSoFar.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 6)
            guard words.count == 7, words[4] == namespace,
                let object = try? JSONSerialization.jsonObject(with: Data(words[6].utf8)) as? [String: Any]
            else { return nil }
            return Event(
                topic: String(words[5]), container: object["container_id"] as? String ?? "",
                process: object["id"] as? String ?? "", status: object["exit_status"] as? Int ?? 0)
        }
    }

    /// Waits until it sees what happens from now on.
    func begins(_ tenant: Tenant) async throws {
        try await expectEventually {
            _ = try await tenant.ctr("namespaces", "label", tenant.namespace, "watched=yes")
            return !tool.outputSoFar.isEmpty
        }
    }

    func exits(of container: String) -> [Event] {
        events.filter { $0.topic == "/tasks/exit" && $0.container == container }
    }
}

extension EventWatch.Event: CustomStringConvertible {
    var description: String { "\(topic) \(container) \(process) \(status)" }

    static func exit(_ container: String, process: String? = nil, status: Int) -> Self {
        Self(topic: "/tasks/exit", container: container, process: process ?? container, status: status)
    }
}
