internal import ContainerdTypes
package import Model
internal import SwiftProtobuf

/// Events from shims, which send each at least once; subscribers get each once.
extension ShimTaskRuntime {
    /// Takes an event from a shim. When it returns, the event has been announced, or had been, and the shim may
    /// forget it.
    package func accept(_ envelope: EventEnvelope) async {
        guard recent.admit(envelope) else { return }
        switch envelope.topic {
        case "/tasks/exit":
            await acceptExit(envelope)
        case "/tasks/delete":
            await acceptDelete(envelope)
        default:
            events.forward(envelope)
        }
    }

    private func acceptExit(_ envelope: EventEnvelope) async {
        guard let message = try? Containerd_Events_TaskExit(serializedBytes: envelope.event.value) else {
            events.forward(envelope)
            return
        }
        let exec = message.id == message.containerID ? "" : message.id
        let exit = TaskExit(
            id: message.id, pid: message.pid, status: message.exitStatus, exitedAt: Timestamp(message.exitedAt))
        let key = TaskKey(namespace: envelope.namespace, id: message.containerID)
        guard let task = await self.task(key, pid: exec.isEmpty ? message.pid : nil) else {
            events.forward(envelope)
            return
        }
        guard await task.admit(exit, exec: exec) else { return }
        events.forward(envelope)
        if exec.isEmpty { await task.recordExit() }
    }

    private func acceptDelete(_ envelope: EventEnvelope) async {
        guard let message = try? Containerd_Events_TaskDelete(serializedBytes: envelope.event.value) else {
            events.forward(envelope)
            return
        }
        let isExec = !message.id.isEmpty && message.id != message.containerID
        let key = TaskKey(namespace: envelope.namespace, id: message.containerID)
        if !isExec, let task = await self.task(key, pid: message.pid) {
            guard await task.admitDelete() else { return }
        }
        events.forward(envelope)
    }

    /// The task an event is about. An init's pid tells a task from an earlier one with the same id.
    private func task(_ key: TaskKey, pid: UInt32?) async -> ManagedTask? {
        if let pid, let task = departed[key, pid: pid] { return task }
        guard let task = tasks[key] else { return nil }
        guard let pid else { return task }
        let known = await task.pid
        return known == 0 || known == pid ? task : nil
    }
}
