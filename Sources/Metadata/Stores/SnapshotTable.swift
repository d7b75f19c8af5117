internal import GRDB
internal import Model

struct SnapshotTable: SnapshotRecords {
    let database: MetadataDatabase

    func find(_ key: String, snapshotter: String, namespace: String) async throws(Failure) -> SnapshotRecord {
        try await database.read { db in
            let place = Place(key, snapshotter, namespace)
            let row = try db.row("\(SnapshotTable.selection) AND s.name = ?", place.arguments)
            guard let row else { throw Failure.notFound("snapshot", key) }
            let parent: Int64? = row[7]
            return SnapshotRecord(
                number: row[6], info: try info(row), parents: try parent.map { try ancestors(from: $0, in: db) } ?? [],
                usage: (row[8] as Int64?).map { SnapshotUsage(size: $0, inodes: row[9]) })
        }
    }

    func list(snapshotter: String, namespace: String) async throws(Failure) -> [SnapshotInfo] {
        try await database.read { db in
            try db.rows(
                "\(SnapshotTable.selection) ORDER BY s.name", [namespace, SnapshotterName.canonical(snapshotter)], info)
        }
    }

    func reserveNumber() async throws(Failure) -> Int64 {
        try await database.reserveNumber()
    }

    func parents(of parent: String, snapshotter: String, namespace: String) async throws(Failure) -> [Int64] {
        try await database.read { db in
            try ancestors(from: try committed(parent, snapshotter, namespace, in: db), in: db)
        }
    }

    func add(
        number: Int64, key: String, parent: String, kind: SnapshotInfo.Kind, labels: [String: String],
        snapshotter: String, scope: Scope
    ) async throws(Failure) {
        guard !key.isEmpty else { throw .invalid("snapshot: the key must not be empty") }
        try Labels.check(labels, of: "snapshot \"\(key)\"")
        let now = Timestamp.now().nanosecondsSince1970
        let isNew = try await database.write { db in
            try db.use(namespace: scope.namespace)
            let above: Int64? =
                parent.isEmpty ? nil : try committed(parent, snapshotter, scope.namespace, in: db)
            try db.hold(LeaseResource(id: key, type: LeaseResource.snapshotType(snapshotter)), for: scope)
            try db.run(
                """
                INSERT INTO snapshots
                    (number, namespace, snapshotter, name, kind, parent, labels, created, updated)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (namespace, snapshotter, name) DO NOTHING
                """,
                [
                    number, scope.namespace, SnapshotterName.canonical(snapshotter), key, kind.rawValue, above,
                    LabelText.encode(Labels.stored(labels)), now, now,
                ])
            let isNew = db.changesCount > 0
            try db.countMutation()
            return isNew
        }
        guard isNew else { throw .alreadyExists("snapshot", key) }
    }

    func commit(
        key: String, name: String, labels: [String: String], usage: SnapshotUsage, snapshotter: String, scope: Scope
    ) async throws(Failure) {
        guard !name.isEmpty else { throw .invalid("snapshot \"\(key)\": the name to commit as must not be empty") }
        try Labels.check(labels, of: "snapshot \"\(name)\"")
        let type = LeaseResource.snapshotType(snapshotter)
        let now = Timestamp.now().nanosecondsSince1970
        let isNew = try await database.writeDurably { db in
            let active = Place(key, snapshotter, scope.namespace)
            let row = try db.row("SELECT kind, number FROM snapshots WHERE \(Place.condition)", active.arguments)
            guard let row else { throw Failure.notFound("snapshot", key) }
            guard row[0] == SnapshotInfo.Kind.active.rawValue else {
                throw Failure(.failedPrecondition, "snapshot \"\(key)\": only an active snapshot can be committed")
            }
            try db.hold(LeaseResource(id: name, type: type), for: scope)
            let taken = Place(name, snapshotter, scope.namespace)
            guard try !db.exists("SELECT 1 FROM snapshots WHERE \(Place.condition)", taken.arguments) else {
                try db.countMutation()
                return false
            }
            try db.run(
                """
                UPDATE snapshots SET name = ?, kind = ?, labels = ?, size = ?, inodes = ?, created = ?, updated = ?
                WHERE number = ?
                """,
                [
                    name, SnapshotInfo.Kind.committed.rawValue, LabelText.encode(Labels.stored(labels)), usage.size,
                    usage.inodes, now, now, row[1] as Int64,
                ])
            try db.release(LeaseResource(id: key, type: type), namespace: scope.namespace)
            try db.countMutation()
            return true
        }
        guard isNew else { throw .alreadyExists("snapshot", name) }
    }

    func remove(_ key: String, snapshotter: String, namespace: String) async throws(Failure) -> Int64 {
        try await database.write(deleting: true) { db in
            let place = Place(key, snapshotter, namespace)
            let row = try db.row("SELECT number FROM snapshots WHERE \(Place.condition)", place.arguments)
            guard let number = row?[0] as Int64? else { throw Failure.notFound("snapshot", key) }
            if let child = try db.row("SELECT name FROM snapshots WHERE parent = ? LIMIT 1", [number]) {
                throw Failure(
                    .failedPrecondition,
                    "snapshot \"\(key)\": cannot be removed, it has children such as \"\(child[0] as String)\"")
            }
            try db.run("DELETE FROM snapshots WHERE number = ?", [number])
            try db.release(
                LeaseResource(id: key, type: LeaseResource.snapshotType(snapshotter)), namespace: namespace)
            try db.countMutation()
            return number
        }
    }

    func update(
        _ info: SnapshotInfo, _ update: FieldUpdate, snapshotter: String, namespace: String
    ) async throws(Failure) -> SnapshotInfo {
        guard !info.name.isEmpty else { throw .invalid("snapshot: the name to update is empty") }
        return try await database.write { db in
            let place = Place(info.name, snapshotter, namespace)
            let row = try db.row("\(SnapshotTable.selection) AND s.name = ?", place.arguments)
            guard let row else { throw Failure.notFound("snapshot", info.name) }
            var updated = try self.info(row)
            for path in update.paths.isEmpty ? ["labels"] : update.paths {
                guard FieldUpdate.replace(path, "labels", of: &updated.labels, by: info.labels) else {
                    throw Failure.invalid("snapshot \"\(info.name)\": field \"\(path)\" cannot be updated")
                }
            }
            try Labels.check(updated.labels, of: "snapshot \"\(info.name)\"")
            updated.labels = Labels.stored(updated.labels)
            updated.updatedAt = .now()
            try db.run(
                "UPDATE snapshots SET labels = ?, updated = ? WHERE number = ?",
                [LabelText.encode(updated.labels), updated.updatedAt.nanosecondsSince1970, row[6] as Int64])
            try db.countMutation()
            return updated
        }
    }

    func numbers(snapshotter: String) async throws(Failure) -> Set<Int64> {
        try await database.read { db in
            let name = SnapshotterName.canonical(snapshotter)
            return Set(try db.rows("SELECT number FROM snapshots WHERE snapshotter = ?", [name]) { $0[0] as Int64 })
        }
    }
}

extension SnapshotTable {
    /// Where a name is looked for.
    private struct Place {
        static let condition = "namespace = ? AND snapshotter = ? AND name = ?"

        let arguments: [Argument]

        init(_ name: String, _ snapshotter: String, _ namespace: String) {
            arguments = [namespace, SnapshotterName.canonical(snapshotter), name]
        }
    }

    private static let selection = """
        SELECT s.name, p.name, s.kind, s.created, s.updated, s.labels, s.number, s.parent, s.size, s.inodes
        FROM snapshots s LEFT JOIN snapshots p ON p.number = s.parent WHERE s.namespace = ? AND s.snapshotter = ?
        """

    private func info(_ row: Row) throws -> SnapshotInfo {
        guard let kind = SnapshotInfo.Kind(rawValue: row[2]) else {
            throw Failure(.dataLoss, "snapshot \"\(row[0] as String)\": the record's kind is unknown")
        }
        return SnapshotInfo(
            name: row[0], parent: row[1] ?? "", kind: kind, createdAt: row.time(3), updatedAt: row.time(4),
            labels: try row.labels(5))
    }

    /// The number of the committed snapshot that is to be a parent.
    private func committed(
        _ parent: String, _ snapshotter: String, _ namespace: String, in db: Database
    ) throws -> Int64 {
        let place = Place(parent, snapshotter, namespace)
        let row = try db.row("SELECT number, kind FROM snapshots WHERE \(Place.condition)", place.arguments)
        guard let row else { throw Failure.notFound("parent snapshot", parent) }
        guard row[1] == SnapshotInfo.Kind.committed.rawValue else {
            throw Failure.invalid("parent snapshot \"\(parent)\": not committed")
        }
        return row[0]
    }

    /// `number` itself and all above it, nearest first.
    private func ancestors(from number: Int64, in db: Database) throws -> [Int64] {
        try db.rows(
            """
            WITH RECURSIVE chain (number, parent, depth) AS (
                SELECT number, parent, 0 FROM snapshots WHERE number = ?
                UNION ALL
                SELECT s.number, s.parent, chain.depth + 1 FROM chain JOIN snapshots s ON s.number = chain.parent
            )
            SELECT number FROM chain ORDER BY depth
            """, [number]
        ) { $0[0] as Int64 }
    }
}
