/// A container as metadata: what to run, not whether it runs. `containerd.services.containers.v1.Container`.
package struct ContainerRecord: Hashable, Sendable {
    package struct Runtime: Hashable, Sendable {
        /// Such as `io.containerd.berth.v1`.
        package var name: String
        package var options: TypedPayload?

        package init(name: String, options: TypedPayload? = nil) {
            self.name = name
            self.options = options
        }
    }

    package var id: String
    package var labels: [String: String]
    /// The image's name; may be empty, need not exist.
    package var image: String
    package var runtime: Runtime
    /// The OCI runtime spec as the client encoded it.
    package var spec: TypedPayload?
    package var snapshotter: String
    package var snapshotKey: String
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var extensions: [String: TypedPayload]
    /// The sandbox the container belongs to; empty for none.
    package var sandbox: String

    package init(
        id: String, labels: [String: String] = [:], image: String = "", runtime: Runtime, spec: TypedPayload? = nil,
        snapshotter: String = "", snapshotKey: String = "", createdAt: Timestamp = Timestamp(seconds: 0),
        updatedAt: Timestamp = Timestamp(seconds: 0), extensions: [String: TypedPayload] = [:], sandbox: String = ""
    ) {
        self.id = id
        self.labels = labels
        self.image = image
        self.runtime = runtime
        self.spec = spec
        self.snapshotter = snapshotter
        self.snapshotKey = snapshotKey
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.extensions = extensions
        self.sandbox = sandbox
    }
}
