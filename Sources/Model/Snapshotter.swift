/// Layered root file systems of one driver. containerd's `snapshots.Snapshotter`.
///
/// Life cycle: `prepare` makes an active snapshot on a committed parent (or none), whose mounts are then written
/// to; `commit` turns it into a committed one under a new name; `view` is a read-only look at a committed one;
/// `remove` takes away any that has no children. Directory first, record last on creation; record first,
/// directory last on removal: a crash leaves at most a directory that no record names, which `sweep` removes.
package protocol Snapshotter: Sendable {
    /// The canonical name, see ``SnapshotterName``.
    var name: String { get }

    func stat(_ key: String, in scope: Scope) async throws(Failure) -> SnapshotInfo
    func update(_ info: SnapshotInfo, _ update: FieldUpdate, in scope: Scope) async throws(Failure) -> SnapshotInfo
    func usage(_ key: String, in scope: Scope) async throws(Failure) -> SnapshotUsage
    /// The mounts of an active snapshot or view: what Prepare answered.
    func mounts(_ key: String, in scope: Scope) async throws(Failure) -> [Mount]
    func prepare(
        _ key: String, parent: String, labels: [String: String], in scope: Scope
    ) async throws(Failure) -> [Mount]
    func view(
        _ key: String, parent: String, labels: [String: String], in scope: Scope
    ) async throws(Failure) -> [Mount]
    /// Durable when it returns.
    func commit(_ name: String, key: String, labels: [String: String], in scope: Scope) async throws(Failure)
    /// `failedPrecondition` while children exist.
    func remove(_ key: String, in scope: Scope) async throws(Failure)
    func list(filters: [String], in scope: Scope) async throws(Failure) -> [SnapshotInfo]
    /// Removes directories that no record names: at start, and after garbage collection. Safe beside running
    /// operations: a directory whose record is about to be added is left alone.
    func sweep() async throws(Failure)
}
