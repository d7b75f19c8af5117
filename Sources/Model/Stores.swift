/// Names for images. Changes are durable when they return and are announced through the `EventSink`.
package protocol ImageStore: Sendable {
    func get(_ name: String, namespace: String) async throws(Failure) -> ImageRecord
    func list(filters: [String], namespace: String) async throws(Failure) -> [ImageRecord]
    func create(_ image: ImageRecord, namespace: String) async throws(Failure) -> ImageRecord
    func update(_ image: ImageRecord, _ update: FieldUpdate, namespace: String) async throws(Failure) -> ImageRecord
    func delete(_ name: String, namespace: String) async throws(Failure)
}

/// What to run. Changes are announced through the `EventSink`, and durable when they return; power loss may undo a
/// deletion.
package protocol ContainerStore: Sendable {
    func get(_ id: String, namespace: String) async throws(Failure) -> ContainerRecord
    func list(filters: [String], namespace: String) async throws(Failure) -> [ContainerRecord]
    func create(_ container: ContainerRecord, namespace: String) async throws(Failure) -> ContainerRecord
    func update(
        _ container: ContainerRecord, _ update: FieldUpdate, namespace: String
    ) async throws(Failure) -> ContainerRecord
    func delete(_ id: String, namespace: String) async throws(Failure)
}

package protocol NamespaceStore: Sendable {
    func get(_ name: String) async throws(Failure) -> NamespaceRecord
    func list() async throws(Failure) -> [NamespaceRecord]
    func create(_ namespace: NamespaceRecord) async throws(Failure) -> NamespaceRecord
    func update(_ namespace: NamespaceRecord, _ update: FieldUpdate) async throws(Failure) -> NamespaceRecord
    /// `failedPrecondition` while the namespace has objects, naming which kinds.
    func delete(_ name: String) async throws(Failure)
}

package protocol LeaseStore: Sendable {
    func create(_ lease: Lease, namespace: String) async throws(Failure) -> Lease
    func delete(_ id: String, namespace: String) async throws(Failure)
    func list(filters: [String], namespace: String) async throws(Failure) -> [Lease]
    func add(_ resource: LeaseResource, to lease: String, namespace: String) async throws(Failure)
    func remove(_ resource: LeaseResource, from lease: String, namespace: String) async throws(Failure)
    func resources(of lease: String, namespace: String) async throws(Failure) -> [LeaseResource]
}

/// Sandboxes as metadata. `containerd.services.sandbox.v1.Store`.
package protocol SandboxStore: Sendable {
    func get(_ id: String, namespace: String) async throws(Failure) -> SandboxRecord
    func list(filters: [String], namespace: String) async throws(Failure) -> [SandboxRecord]
    func create(_ sandbox: SandboxRecord, namespace: String) async throws(Failure) -> SandboxRecord
    func update(_ sandbox: SandboxRecord, _ update: FieldUpdate, namespace: String) async throws(Failure)
        -> SandboxRecord
    func delete(_ id: String, namespace: String) async throws(Failure)
}

package struct SandboxRecord: Hashable, Sendable {
    package var id: String
    package var runtime: ContainerRecord.Runtime
    package var spec: TypedPayload?
    package var labels: [String: String]
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var extensions: [String: TypedPayload]
    package var sandboxer: String

    package init(
        id: String, runtime: ContainerRecord.Runtime, spec: TypedPayload? = nil, labels: [String: String] = [:],
        createdAt: Timestamp = Timestamp(seconds: 0), updatedAt: Timestamp = Timestamp(seconds: 0),
        extensions: [String: TypedPayload] = [:], sandboxer: String = ""
    ) {
        self.id = id
        self.runtime = runtime
        self.spec = spec
        self.labels = labels
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.extensions = extensions
        self.sandboxer = sandboxer
    }
}
