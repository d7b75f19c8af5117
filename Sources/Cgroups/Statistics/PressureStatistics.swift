/// How much work stalls for want of a resource. See the kernel's document "PSI".
package struct PressureStatistics: Sendable, Equatable {
    package struct Line: Sendable, Equatable {
        /// Percent of the last 10, 60 and 300 seconds.
        package fileprivate(set) var average10: Double = 0
        package fileprivate(set) var average60: Double = 0
        package fileprivate(set) var average300: Double = 0
        /// Microseconds in all.
        package fileprivate(set) var total: UInt64 = 0
    }

    /// At least one task stalls.
    package private(set) var some = Line()
    /// All tasks stall.
    package private(set) var full = Line()

    init?(_ directory: ControlDirectory, _ file: String) {
        // The kernel answers EOPNOTSUPP where pressure is not accounted.
        guard let text = try? directory.text(file) else { return nil }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            var values = Line()
            for word in words.dropFirst() {
                let parts = word.split(separator: "=")
                guard parts.count == 2 else { continue }
                switch parts[0] {
                case "avg10": values.average10 = Double(parts[1]) ?? 0
                case "avg60": values.average60 = Double(parts[1]) ?? 0
                case "avg300": values.average300 = Double(parts[1]) ?? 0
                case "total": values.total = UInt64(parts[1]) ?? 0
                default: break
                }
            }
            if words.first == "some" { some = values }
            if words.first == "full" { full = values }
        }
    }
}
