/// Measured times of one thing.
struct Sample: Sendable {
    private(set) var times: [Duration] = []

    mutating func add(_ time: Duration) {
        times.append(time)
    }

    mutating func add(contentsOf more: [Duration]) {
        times += more
    }

    var minimum: Duration { times.min() ?? .zero }

    /// The mean of the two in the middle where there are two.
    var median: Duration {
        let sorted = times.sorted()
        guard !sorted.isEmpty else { return .zero }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
