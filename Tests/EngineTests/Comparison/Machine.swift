internal import Kernel

/// What the tests need to know of the machine they run on.
enum Machine {
    /// A block device that limits can be set for; nil without one.
    static let disk: (major: Int64, minor: Int64)? = {
        let table = (try? SmallFile.text("/proc/partitions")) ?? ""
        for line in table.split(separator: "\n") {
            let numbers = line.split(separator: " ").prefix(2).compactMap { Int64($0) }
            if numbers.count == 2 { return (numbers[0], numbers[1]) }
        }
        return nil
    }()
}
