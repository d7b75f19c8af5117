package import Model

/// Snapshot records that live as long as the test. `failNextAdd` stands for a crash between a directory and its record.
package actor MemorySnapshotRecords: SnapshotRecords {
    private struct Name: Hashable {
        let snapshotter: String
        let namespace: String
        let key: String
    }

    private struct Row {
        var number: Int64
        var info: SnapshotInfo
        var usage: SnapshotUsage?
    }

    private var rows: [Name: Row] = [:]
    private var lastNumber: Int64 = 0
    private var addFailure: Failure?

    package init() {}

    package func failNextAdd(_ failure: Failure) {
        addFailure = failure
    }

    package func find(_ key: String, snapshotter: String, namespace: String) throws(Failure) -> SnapshotRecord {
        guard let row = rows[Name(snapshotter: snapshotter, namespace: namespace, key: key)] else {
            throw .notFound("snapshot", key)
        }
        let parents =
            row.info.parent.isEmpty
            ? [] : try parents(of: row.info.parent, snapshotter: snapshotter, namespace: namespace)
        return SnapshotRecord(number: row.number, info: row.info, parents: parents, usage: row.usage)
    }

    package func list(snapshotter: String, namespace: String) -> [SnapshotInfo] {
        rows.filter { $0.key.snapshotter == snapshotter && $0.key.namespace == namespace }
            .map(\.value.info).sorted { $0.name < $1.name }
    }

    package func reserveNumber() -> Int64 {
        lastNumber += 1
        return lastNumber
    }

    package func parents(of parent: String, snapshotter: String, namespace: String) throws(Failure) -> [Int64] {
        var numbers: [Int64] = []
        var next = parent
        while !next.isEmpty {
            guard let row = rows[Name(snapshotter: snapshotter, namespace: namespace, key: next)] else {
                throw .notFound("snapshot", next)
            }
            guard row.info.kind == .committed else {
                throw .invalid("snapshot \"\(next)\": not committed")
            }
            numbers.append(row.number)
            next = row.info.parent
        }
        return numbers
    }

    package func add(
        number: Int64, key: String, parent: String, kind: SnapshotInfo.Kind, labels: [String: String],
        snapshotter: String, scope: Scope
    ) throws(Failure) {
        if let failure = addFailure {
            addFailure = nil
            throw failure
        }
        _ = try parents(of: parent, snapshotter: snapshotter, namespace: scope.namespace)
        let name = Name(snapshotter: snapshotter, namespace: scope.namespace, key: key)
        guard rows[name] == nil else { throw .alreadyExists("snapshot", key) }
        let now = Timestamp.now()
        rows[name] = Row(
            number: number,
            info: SnapshotInfo(name: key, parent: parent, kind: kind, createdAt: now, updatedAt: now, labels: labels))
    }

    package func commit(
        key: String, name: String, labels: [String: String], usage: SnapshotUsage, snapshotter: String, scope: Scope
    ) throws(Failure) {
        let old = Name(snapshotter: snapshotter, namespace: scope.namespace, key: key)
        let new = Name(snapshotter: snapshotter, namespace: scope.namespace, key: name)
        guard var row = rows[old] else { throw .notFound("snapshot", key) }
        guard rows[new] == nil else { throw .alreadyExists("snapshot", name) }
        row.info.name = name
        row.info.kind = .committed
        row.info.labels = labels
        row.usage = usage
        rows[old] = nil
        rows[new] = row
    }

    package func remove(_ key: String, snapshotter: String, namespace: String) throws(Failure) -> Int64 {
        let name = Name(snapshotter: snapshotter, namespace: namespace, key: key)
        guard let row = rows[name] else { throw .notFound("snapshot", key) }
        guard !list(snapshotter: snapshotter, namespace: namespace).contains(where: { $0.parent == key }) else {
            throw Failure(.failedPrecondition, "snapshot \"\(key)\": has children; remove them first")
        }
        rows[name] = nil
        return row.number
    }

    package func update(
        _ info: SnapshotInfo, _ update: FieldUpdate, snapshotter: String, namespace: String
    ) throws(Failure) -> SnapshotInfo {
        let name = Name(snapshotter: snapshotter, namespace: namespace, key: info.name)
        guard let old = rows[name]?.info else { throw .notFound("snapshot", info.name) }
        let labels = applied(update, info.labels, to: old.labels)
        rows[name]!.info.labels = labels
        return rows[name]!.info
    }

    package func numbers(snapshotter: String) -> Set<Int64> {
        Set(rows.filter { $0.key.snapshotter == snapshotter }.map(\.value.number))
    }
}
