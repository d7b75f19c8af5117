/// A client's claim on resources that nothing else refers to yet. `containerd.services.leases.v1.Lease`.
///
/// The label `containerd.io/gc.expire` (RFC 3339) ends it; `containerd.io/gc.flat` holds only what it names,
/// not what those things refer to.
package struct Lease: Hashable, Sendable {
    package var id: String
    package var createdAt: Timestamp
    package var labels: [String: String]

    package init(id: String, createdAt: Timestamp = Timestamp(seconds: 0), labels: [String: String] = [:]) {
        self.id = id
        self.createdAt = createdAt
        self.labels = labels
    }
}

/// A resource that a lease holds: `type` is "content", "ingests" or "snapshots/<snapshotter>".
package struct LeaseResource: Hashable, Sendable {
    package var id: String
    package var type: String

    package init(id: String, type: String) {
        self.id = id
        self.type = type
    }
}
