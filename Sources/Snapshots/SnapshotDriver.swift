package import Model

/// What distinguishes one kind of snapshot from another: what is in its directory, and how it is mounted. All
/// else is `DriverSnapshotter`'s.
package protocol SnapshotDriver: Sendable {
    /// As clients and records have it.
    static var name: String { get }
    /// Whether a new snapshot begins with a copy of its parent, which takes its time.
    static var copiesParent: Bool { get }

    init()

    /// Makes the directory of a snapshot that is about to be recorded. A failure may leave it half made.
    func create(
        _ number: Int64, kind: SnapshotInfo.Kind, parents: [Int64], in directory: SnapshotDirectory
    ) throws(Failure)

    /// How to see an active snapshot or a view.
    func mounts(
        _ number: Int64, kind: SnapshotInfo.Kind, parents: [Int64], in directory: SnapshotDirectory
    ) -> [Mount]
}
