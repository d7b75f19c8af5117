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

    /// Its own process, in the words of `Leftovers`.
    var process: String { "process \(tool.pid) /usr/bin/ctr" }

    var events: [Event] {
        messages.map { topic, message in
            Event(
                topic: topic, container: message["container_id"] as? String ?? "",
                process: message["id"] as? String ?? "", status: message["exit_status"] as? Int ?? 0)
        }
    }

    /// A line is date, time, zone and its name, then namespace, topic and the message as JSON.
    private var messages: [(topic: String, message: [String: Any])] {
        tool.outputSoFar.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 6)
            guard words.count == 7, words[4] == namespace,
                let object = try? JSONSerialization.jsonObject(with: Data(words[6].utf8)) as? [String: Any]
            else { return nil }
            return (String(words[5]), object)
        }
    }

    /// A process of one life of a container: names are used again, process numbers hardly ever.
    struct Life: Hashable {
        let container: String
        let pid: Int32

        init(container: String, pid: Int32) {
            self.container = container
            self.pid = pid
        }

        fileprivate init(_ message: [String: Any]) {
            self.init(
                container: message["container_id"] as? String ?? "", pid: Int32(message["pid"] as? Int ?? 0))
        }
    }

    /// How often the exit of each process was told, of containers and of what else ran in them.
    var exitsOfProcesses: [Life: Int] {
        messages.filter { $0.topic == "/tasks/exit" }.reduce(into: [:]) { $0[Life($1.message), default: 0] += 1 }
    }

    /// The containers whose start was told.
    var startedInits: Set<Life> {
        Set(messages.filter { $0.topic == "/tasks/start" }.map { Life($0.message) })
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
