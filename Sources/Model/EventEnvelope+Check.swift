extension EventEnvelope {
    /// Throws `invalidArgument` for a namespace that breaks the rule for names, and for a topic that is no path of
    /// names, such as `/tasks/exit`.
    package func check() throws(Failure) {
        try Identifier.check(namespace, "namespace")
        let parts = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0].isEmpty else {
            throw .invalid("event topic \"\(topic.prefix(200))\": expected a path such as /tasks/exit")
        }
        for part in parts.dropFirst() {
            try Identifier.check(String(part), "part of event topic \"\(topic.prefix(200))\"")
        }
    }
}
