internal import GRDB
internal import Model

struct NamespaceTable: NamespaceStore {
    let database: MetadataDatabase
    let events: any EventSink

    /// A namespace that nobody has used yet has no labels, but is not an error: containerd's clients ask for the
    /// labels of theirs before they use it.
    func get(_ name: String) async throws(Failure) -> NamespaceRecord {
        try await database.read { try NamespaceRecord(name: name, labels: labels(of: name, in: $0) ?? [:]) }
    }

    func list() async throws(Failure) -> [NamespaceRecord] {
        try await database.read { db in
            try db.rows("SELECT name, labels FROM namespaces ORDER BY name") { row in
                try NamespaceRecord(name: row[0], labels: row.labels(1))
            }
        }
    }

    func create(_ namespace: NamespaceRecord) async throws(Failure) -> NamespaceRecord {
        let namespace = try checked(namespace)
        try await database.writeDurably { db in
            guard try labels(of: namespace.name, in: db) == nil else {
                throw Failure.alreadyExists("namespace", namespace.name)
            }
            try store(namespace, in: db)
        }
        events.publish(
            .namespaceCreated(name: namespace.name, labels: namespace.labels), namespace: namespace.name)
        return namespace
    }

    func update(_ namespace: NamespaceRecord, _ update: FieldUpdate) async throws(Failure) -> NamespaceRecord {
        let changed = try await database.writeDurably { db in
            var changed = namespace
            if !update.paths.isEmpty {
                changed.labels = try labels(of: namespace.name, in: db) ?? [:]
                for path in update.paths {
                    guard FieldUpdate.replace(path, "labels", of: &changed.labels, by: namespace.labels) else {
                        throw Failure.invalid("namespace \"\(namespace.name)\": field \"\(path)\" cannot be updated")
                    }
                }
            }
            changed = try checked(changed)
            try store(changed, in: db)
            return changed
        }
        events.publish(.namespaceUpdated(name: changed.name, labels: changed.labels), namespace: changed.name)
        return changed
    }

    /// Leases and ingests go with the namespace, as with containerd.
    func delete(_ name: String) async throws(Failure) {
        try await database.writeDurably(deleting: true) { db in
            guard try labels(of: name, in: db) != nil else { throw Failure.notFound("namespace", name) }
            let held = try contents(of: name, in: db)
            guard held.isEmpty else {
                throw Failure(
                    .failedPrecondition,
                    "namespace \"\(name)\": not empty, it still has \(held.joined(separator: ", "))")
            }
            for table in ["ingests", "leases", "lease_resources"] {
                try db.run("DELETE FROM \(table) WHERE namespace = ?", [name])
            }
            try db.run("DELETE FROM namespaces WHERE name = ?", [name])
            try db.countMutation()
        }
        events.publish(.namespaceDeleted(name: name), namespace: name)
    }

    private func contents(of name: String, in db: Database) throws -> [String] {
        var kinds: [String] = []
        for (table, kind) in [
            ("images", "images"), ("content", "blobs"), ("containers", "containers"), ("sandboxes", "sandboxes"),
        ] where try db.exists("SELECT 1 FROM \(table) WHERE namespace = ? LIMIT 1", [name]) {
            kinds.append(kind)
        }
        return try kinds
            + db.rows("SELECT DISTINCT snapshotter FROM snapshots WHERE namespace = ? ORDER BY 1", [name]) { row in
                "snapshots on \"\(row[0] as String)\" snapshotter"
            }
    }

    private func checked(_ namespace: NamespaceRecord) throws(Failure) -> NamespaceRecord {
        try Identifier.check(namespace.name, "namespace")
        try Labels.check(namespace.labels, of: "namespace \"\(namespace.name)\"")
        return NamespaceRecord(name: namespace.name, labels: Labels.stored(namespace.labels))
    }

    private func store(_ namespace: NamespaceRecord, in db: Database) throws {
        try db.run(
            """
            INSERT INTO namespaces (name, labels) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET labels = excluded.labels
            """, [namespace.name, LabelText.encode(namespace.labels)])
    }

    /// nil for an unknown namespace.
    private func labels(of name: String, in db: Database) throws -> [String: String]? {
        try db.row("SELECT labels FROM namespaces WHERE name = ?", [name])?.labels(0)
    }
}
