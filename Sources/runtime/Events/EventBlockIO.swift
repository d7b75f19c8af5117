internal import Cgroups
internal import RuntimeSpec

/// Block I/O by device.
struct EventBlockIO: JSONRecord {
    private var serviceBytes: [Entry] = []
    private var serviced: [Entry] = []
    private var queued: [Entry] = []
    private var serviceTime: [Entry] = []
    private var waitTime: [Entry] = []
    private var merged: [Entry] = []
    private var time: [Entry] = []
    private var sectors: [Entry] = []

    init() {}

    init(_ io: LegacyBlockIOStatistics?) {
        guard let io else { return }
        serviceBytes = io.serviceBytes.map(Entry.init)
        serviced = io.serviced.map(Entry.init)
        queued = io.queued.map(Entry.init)
        serviceTime = io.serviceTime.map(Entry.init)
        waitTime = io.waitTime.map(Entry.init)
        merged = io.merged.map(Entry.init)
        time = io.time.map(Entry.init)
        sectors = io.sectors.map(Entry.init)
    }

    init(_ io: UnifiedIOStatistics?) {
        for device in io?.devices ?? [] {
            serviceBytes += [
                Entry(device.major, device.minor, "Read", device.readBytes),
                Entry(device.major, device.minor, "Write", device.writtenBytes),
            ]
            serviced += [
                Entry(device.major, device.minor, "Read", device.reads),
                Entry(device.major, device.minor, "Write", device.writes),
            ]
        }
    }

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("ioServiceBytesRecursive", &serviceBytes)
        try json.field("ioServicedRecursive", &serviced)
        try json.field("ioQueueRecursive", &queued)
        try json.field("ioServiceTimeRecursive", &serviceTime)
        try json.field("ioWaitTimeRecursive", &waitTime)
        try json.field("ioMergedRecursive", &merged)
        try json.field("ioTimeRecursive", &time)
        try json.field("sectorsRecursive", &sectors)
    }

    private struct Entry: JSONRecord {
        private var major: UInt64?
        private var minor: UInt64?
        private var operation: String?
        private var value: UInt64?

        init() {}

        init(_ entry: LegacyBlockIOStatistics.Entry) {
            self.init(entry.major, entry.minor, entry.operation, entry.value)
        }

        init(_ major: UInt64, _ minor: UInt64, _ operation: String, _ value: UInt64) {
            self.major = major.unlessZero
            self.minor = minor.unlessZero
            self.operation = operation.isEmpty ? nil : operation
            self.value = value.unlessZero
        }

        mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
            try json.field("major", &major)
            try json.field("minor", &minor)
            try json.field("op", &operation)
            try json.field("value", &value)
        }
    }
}
