/// Input and output priority. See ioprio_set(2).
package struct IOPriority: Sendable, Equatable {
    package var priorityClass: IOPriorityClass = .bestEffort

    /// From 0, the highest, to 7.
    package var priority: Int32 = 0

    package init() {}

    package init(priorityClass: IOPriorityClass, priority: Int32) {
        self.priorityClass = priorityClass
        self.priority = priority
    }
}

extension IOPriority: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("class", &priorityClass)
        try json.field("priority", &priority)
    }
}
