internal import Kernel

/// Huge pages of one size, in bytes.
package struct HugePageStatistics: Sendable, Equatable {
    /// As in `2MB`.
    package let pageSize: String
    package let usage: UInt64
    package let limit: UInt64
    /// The highest usage; version 1 only.
    package let peak: UInt64
    /// How often the limit was hit.
    package let failures: UInt64
}

/// The sizes of huge pages that the host has, as control files name them.
enum HugePageSizes {
    static func host() -> [String] {
        let entries = (try? Directory.entries("/sys/kernel/mm/hugepages")) ?? []
        return entries.compactMap { entry in
            guard entry.name.hasPrefix("hugepages-"), entry.name.hasSuffix("kB"),
                let kilobytes = UInt64(entry.name.dropFirst(10).dropLast(2))
            else { return nil }
            return name(kilobytes: kilobytes)
        }.sorted()
    }

    static func name(kilobytes: UInt64) -> String {
        if kilobytes >= 1 << 20 { return "\(kilobytes >> 20)GB" }
        return kilobytes >= 1 << 10 ? "\(kilobytes >> 10)MB" : "\(kilobytes)KB"
    }
}
