internal import Model

/// The events that arrived last, to know one that a shim sends again because it did not see our answer.
struct RecentEnvelopes {
    private static let capacity = 1024

    private var order: [Int] = []
    private var next = 0
    private var hashes: Set<Int> = []

    /// - Returns: whether the envelope has not been seen lately.
    mutating func admit(_ envelope: EventEnvelope) -> Bool {
        let hash = envelope.hashValue
        guard hashes.insert(hash).inserted else { return false }
        if order.count < Self.capacity {
            order.append(hash)
        } else {
            hashes.remove(order[next])
            order[next] = hash
            next = (next + 1) % Self.capacity
        }
        return true
    }
}

/// Tasks that were deleted lately, by what their shims' late events name: the id and the init's pid.
struct DepartedTasks {
    private struct Name: Hashable {
        let key: TaskKey
        let pid: UInt32
    }

    private static let capacity = 256

    private var order: [Name] = []
    private var next = 0
    private var tasks: [Name: ManagedTask] = [:]

    mutating func add(_ task: ManagedTask, pid: UInt32) {
        let name = Name(key: task.key, pid: pid)
        guard tasks.updateValue(task, forKey: name) == nil else { return }
        if order.count < Self.capacity {
            order.append(name)
        } else {
            tasks[order[next]] = nil
            order[next] = name
            next = (next + 1) % Self.capacity
        }
    }

    subscript(key: TaskKey, pid pid: UInt32) -> ManagedTask? { tasks[Name(key: key, pid: pid)] }
}
