import ContainerdTypes
import Model
import SwiftProtobuf
import Synchronization

/// Keeps every event as a line such as `/tasks/exit default/one one 7`.
final class RecordingSink: EventSink {
    private let recorded = Mutex<[String]>([])

    var lines: [String] { recorded.withLock { $0 } }

    func lines(_ topic: String, _ id: String) -> [String] {
        lines.filter { $0.hasPrefix("\(topic) \(id)") }
    }

    func publish(_ event: DomainEvent, namespace: String) {
        switch event {
        case .taskExited(let container, let id, _, let status, _):
            record("/tasks/exit \(container) \(id) \(status)")
        case .taskDeleted(let container, _, _, let status, _):
            record("/tasks/delete \(container) \(status)")
        default:
            record("\(event.topic) ?")
        }
    }

    func forward(_ envelope: EventEnvelope) {
        let value = envelope.event.value
        switch envelope.topic {
        case "/tasks/exit":
            guard let message = try? Containerd_Events_TaskExit(serializedBytes: value) else { break }
            return record("/tasks/exit \(message.containerID) \(message.id) \(message.exitStatus)")
        case "/tasks/delete":
            guard let message = try? Containerd_Events_TaskDelete(serializedBytes: value) else { break }
            return record("/tasks/delete \(message.containerID) \(message.exitStatus)")
        case "/tasks/create":
            guard let message = try? Containerd_Events_TaskCreate(serializedBytes: value) else { break }
            return record("/tasks/create \(message.containerID)")
        case "/tasks/start":
            guard let message = try? Containerd_Events_TaskStart(serializedBytes: value) else { break }
            return record("/tasks/start \(message.containerID)")
        default: break
        }
        record("\(envelope.topic) ?")
    }

    private func record(_ line: String) {
        recorded.withLock { $0.append(line) }
    }
}
