package import ImageSpec

/// A name for a manifest or index. `containerd.services.images.v1.Image`.
package struct ImageRecord: Hashable, Sendable {
    package var name: String
    package var labels: [String: String]
    package var target: Descriptor
    package var createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        name: String, labels: [String: String] = [:], target: Descriptor, createdAt: Timestamp = Timestamp(seconds: 0),
        updatedAt: Timestamp = Timestamp(seconds: 0)
    ) {
        self.name = name
        self.labels = labels
        self.target = target
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
