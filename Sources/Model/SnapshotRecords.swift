/// The durable side of a snapshotter: names, parents, kinds and labels, each change one transaction.
///
/// Every snapshot has a number that is never used again; the driver's directory is named after it.
package protocol SnapshotRecords: Sendable {
    func find(_ key: String, snapshotter: String, namespace: String) async throws(Failure) -> SnapshotRecord
    func list(snapshotter: String, namespace: String) async throws(Failure) -> [SnapshotInfo]
    /// A number for a directory about to be made. Numbers that never become records cost nothing.
    func reserveNumber() async throws(Failure) -> Int64
    /// `notFound` without the parent, `invalidArgument` when the parent is not committed, `alreadyExists` for the key.
    func parents(of parent: String, snapshotter: String, namespace: String) async throws(Failure) -> [Int64]
    /// Adds an active snapshot or a view, and to the scope's lease; checks again what `parents` checked.
    func add(
        number: Int64, key: String, parent: String, kind: SnapshotInfo.Kind, labels: [String: String],
        snapshotter: String, scope: Scope
    ) async throws(Failure)
    /// Renames the active `key` to the committed `name`. Durable when it returns.
    func commit(
        key: String, name: String, labels: [String: String], usage: SnapshotUsage, snapshotter: String, scope: Scope
    ) async throws(Failure)
    /// `failedPrecondition` while it has children.
    /// - Returns: the number of the directory to delete.
    func remove(_ key: String, snapshotter: String, namespace: String) async throws(Failure) -> Int64
    func update(
        _ info: SnapshotInfo, _ update: FieldUpdate, snapshotter: String, namespace: String
    ) async throws(Failure) -> SnapshotInfo
    /// Every number of this snapshotter in any namespace, for the start-up sweep.
    func numbers(snapshotter: String) async throws(Failure) -> Set<Int64>
}

package struct SnapshotRecord: Hashable, Sendable {
    package var number: Int64
    package var info: SnapshotInfo
    /// Numbers of all ancestors, nearest first.
    package var parents: [Int64]
    /// What a commit recorded.
    package var usage: SnapshotUsage?

    package init(number: Int64, info: SnapshotInfo, parents: [Int64], usage: SnapshotUsage? = nil) {
        self.number = number
        self.info = info
        self.parents = parents
        self.usage = usage
    }
}
