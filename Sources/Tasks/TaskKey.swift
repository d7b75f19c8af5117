/// What names a task: two namespaces may use one id.
struct TaskKey: Hashable, Sendable {
    let namespace: String
    let id: String
}

extension TaskKey: CustomStringConvertible {
    var description: String { "\(namespace)/\(id)" }
}
