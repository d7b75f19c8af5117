package import ImageSpec

/// A committed blob as one namespace sees it. `containerd.services.content.v1.Info`.
package struct ContentInfo: Hashable, Sendable {
    package var digest: Digest
    /// Bytes.
    package var size: Int64
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var labels: [String: String]

    package init(
        digest: Digest, size: Int64, createdAt: Timestamp, updatedAt: Timestamp, labels: [String: String] = [:]
    ) {
        self.digest = digest
        self.size = size
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.labels = labels
    }
}

/// A write that has begun and not been committed. `containerd.services.content.v1.Status`.
package struct IngestStatus: Hashable, Sendable {
    package var reference: String
    /// Bytes written so far.
    package var offset: Int64
    /// Bytes expected in all; 0 where unknown.
    package var total: Int64
    package var expected: Digest?
    package var startedAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        reference: String, offset: Int64, total: Int64, expected: Digest?, startedAt: Timestamp, updatedAt: Timestamp
    ) {
        self.reference = reference
        self.offset = offset
        self.total = total
        self.expected = expected
        self.startedAt = startedAt
        self.updatedAt = updatedAt
    }
}
