/// A snapshot as one namespace sees it. `containerd.services.snapshots.v1.Info`.
package struct SnapshotInfo: Hashable, Sendable {
    /// With containerd's numbers.
    package enum Kind: Int, Sendable {
        case view = 1
        case active = 2
        case committed = 3
    }

    package var name: String
    /// Empty for none.
    package var parent: String
    package var kind: Kind
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var labels: [String: String]

    package init(
        name: String, parent: String, kind: Kind, createdAt: Timestamp, updatedAt: Timestamp,
        labels: [String: String] = [:]
    ) {
        self.name = name
        self.parent = parent
        self.kind = kind
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.labels = labels
    }
}

/// What a snapshot itself takes, without its parents.
package struct SnapshotUsage: Hashable, Sendable {
    /// Bytes of disk blocks.
    package var size: Int64
    package var inodes: Int64

    package init(size: Int64, inodes: Int64) {
        self.size = size
        self.inodes = inodes
    }
}
