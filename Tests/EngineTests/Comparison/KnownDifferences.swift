/// Where the runtimes see different things, and why that is right.
enum KnownDifferences {
    struct Entry {
        let peers: Set<ComparedRuntime>
        /// The beginning of the names of what differs.
        let names: [String]
        /// The cases that it concerns; nil for all.
        var cases: Set<String>?
        let reason: String

        init(_ peers: Set<ComparedRuntime>, _ names: [String], in cases: Set<String>? = nil, because reason: String) {
            self.peers = peers
            self.names = names
            self.cases = cases
            self.reason = reason
        }

        func explains(_ difference: Comparison.Difference) -> Bool {
            peers.contains(difference.peer) && cases?.contains(difference.place) ?? true
                && names.contains { difference.name.hasPrefix($0) }
        }
    }

    static func explain(_ difference: Comparison.Difference) -> Bool {
        all.contains { $0.explains(difference) }
    }

    private static let all: [Entry] = [
        Entry(
            [.crun], ["cgroup", "file /sys/fs/cgroup", "mount /sys/fs/cgroup"],
            because: "crun 1.8 runs without cgroups and sees those of version 2 (see ComparedRuntime)")
    ]
}
