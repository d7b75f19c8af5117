/// The counters of version 1's blkio controller.
package struct LegacyBlockIOStatistics: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package let major: UInt64
        package let minor: UInt64
        /// `Read`, `Write`, `Sync`, `Async`, `Discard` or `Total`; empty where the kernel does not tell them apart.
        package let operation: String
        package let value: UInt64
    }

    package let serviceBytes: [Entry]
    package let serviced: [Entry]
    package let queued: [Entry]
    package let serviceTime: [Entry]
    package let waitTime: [Entry]
    package let merged: [Entry]
    package let time: [Entry]
    package let sectors: [Entry]

    /// The scheduler's counters where it keeps them, else those of throttling, which every device has.
    init?(_ directory: ControlDirectory?) {
        guard let directory else { return nil }
        let scheduler = directory.has("blkio.bfq.io_serviced_recursive") ? "blkio.bfq." : "blkio."
        func entries(_ name: String) -> [Entry] { Self.entries(directory, scheduler + name) }
        let bytes = entries("io_service_bytes_recursive")
        let operations = entries("io_serviced_recursive")
        serviceBytes = bytes.isEmpty ? Self.entries(directory, "blkio.throttle.io_service_bytes_recursive") : bytes
        serviced = operations.isEmpty ? Self.entries(directory, "blkio.throttle.io_serviced_recursive") : operations
        queued = entries("io_queued_recursive")
        serviceTime = entries("io_service_time_recursive")
        waitTime = entries("io_wait_time_recursive")
        merged = entries("io_merged_recursive")
        time = entries("time_recursive")
        sectors = entries("sectors_recursive")
    }

    /// Lines such as `8:0 Read 4096` and `8:0 17`; the sum at the end, `Total 4096`, belongs to no device.
    private static func entries(_ directory: ControlDirectory, _ file: String) -> [Entry] {
        guard let text = try? directory.text(file) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            let words = line.split { $0 == " " || $0 == ":" }
            guard words.count == 3 || words.count == 4, let major = UInt64(words[0]), let minor = UInt64(words[1]),
                let value = UInt64(words[words.count - 1])
            else { return nil }
            return Entry(
                major: major, minor: minor, operation: words.count == 4 ? String(words[2]) : "", value: value)
        }
    }
}
