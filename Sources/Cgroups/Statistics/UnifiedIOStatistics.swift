/// Bytes and operations by block device.
package struct UnifiedIOStatistics: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package let major: UInt64
        package let minor: UInt64
        package fileprivate(set) var readBytes: UInt64 = 0
        package fileprivate(set) var writtenBytes: UInt64 = 0
        package fileprivate(set) var reads: UInt64 = 0
        package fileprivate(set) var writes: UInt64 = 0
    }

    package let devices: [Entry]
    package let pressure: PressureStatistics?

    /// Lines such as `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`.
    init?(_ directory: ControlDirectory) {
        guard let text = try? directory.text("io.stat") else { return nil }
        pressure = PressureStatistics(directory, "io.pressure")
        devices = text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            let numbers = words.first?.split(separator: ":") ?? []
            guard numbers.count == 2, let major = UInt64(numbers[0]), let minor = UInt64(numbers[1]) else { return nil }
            var entry = Entry(major: major, minor: minor)
            for word in words.dropFirst() {
                let parts = word.split(separator: "=")
                guard parts.count == 2, let value = UInt64(parts[1]) else { continue }
                switch parts[0] {
                case "rbytes": entry.readBytes = value
                case "wbytes": entry.writtenBytes = value
                case "rios": entry.reads = value
                case "wios": entry.writes = value
                default: break
                }
            }
            return entry
        }
    }
}
