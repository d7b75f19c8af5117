/// The RDMA controller's counters, which both versions have alike.
package struct RDMAStatistics: Sendable, Equatable {
    /// What the container uses, or may use, of one device.
    package struct Entry: Sendable, Equatable {
        package let device: String
        package let hcaHandles: UInt32
        package let hcaObjects: UInt32
    }

    package let current: [Entry]
    /// `UInt32.max` is without limit.
    package let limits: [Entry]

    init?(_ directory: ControlDirectory?) {
        guard let directory, let current = try? directory.text("rdma.current") else { return nil }
        self.current = Self.parse(current)
        limits = Self.parse((try? directory.text("rdma.max")) ?? "")
    }

    /// Lines such as `mlx4_0 hca_handle=2 hca_object=max`.
    static func parse(_ text: String) -> [Entry] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let device = words.first else { return nil }
            var values: [Substring: UInt32] = [:]
            for word in words.dropFirst() {
                let parts = word.split(separator: "=")
                if parts.count == 2 { values[parts[0]] = parts[1] == "max" ? .max : UInt32(parts[1]) }
            }
            return Entry(
                device: String(device), hcaHandles: values["hca_handle"] ?? 0, hcaObjects: values["hca_object"] ?? 0)
        }
    }
}
