internal import RuntimeSpec

/// A line of `events` with what a container uses, in runc's form.
struct StatisticsEvent: JSONRecord {
    var type = "stats"
    var id = ""
    var data = EventStatistics()

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("type", &type)
        try json.required("id", &id)
        try json.required("data", &data)
    }
}

/// A line of `events` for a process that the kernel killed because there was no memory left for it.
struct OutOfMemoryEvent: JSONRecord {
    var type = "oom"
    var id = ""

    init() {}

    init(id: String) {
        self.id = id
    }

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("type", &type)
        try json.required("id", &id)
    }
}

extension UInt64 {
    /// Runc leaves zeros out.
    var unlessZero: UInt64? { self == 0 ? nil : self }
}
