package import Model

/// All records of the supervisor, in one SQLite database.
///
/// Life cycle: opened once by the daemon, which must be the only process to write to it; closed when released.
/// What a crash leaves is described at each protocol: operations that are durable survive power loss, the others the
/// death of the process. No operation is ever seen half done.
///
/// A namespace need not be created: its first use makes it known, and it is listed until it is deleted.
package final class MetadataStore: Sendable {
    package let namespaces: any NamespaceStore
    package let images: any ImageStore
    package let containers: any ContainerStore
    package let sandboxes: any SandboxStore
    package let leases: any LeaseStore
    package let content: any ContentRecords
    package let snapshots: any SnapshotRecords
    package let reclaimable: any Reclaimable

    /// Opens the database at `path`, creating or migrating it. Its directory must exist.
    ///
    /// Throws, naming the file: `dataLoss` when it is damaged, `failedPrecondition` when it was written by a newer
    /// version or cannot be opened, `permissionDenied` when it is not writable, `unavailable` when another process
    /// holds it.
    package init(path: String, events: any EventSink) throws(Failure) {
        let database = try MetadataDatabase(path: path)
        namespaces = NamespaceTable(database: database, events: events)
        images = ImageTable(database: database, events: events)
        containers = ContainerTable(database: database, events: events)
        sandboxes = SandboxTable(database: database)
        leases = LeaseTable(database: database)
        content = ContentTable(database: database)
        snapshots = SnapshotTable(database: database)
        reclaimable = ReferenceTables(database: database, events: events)
    }
}
