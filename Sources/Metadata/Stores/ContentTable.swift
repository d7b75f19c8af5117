internal import GRDB
internal import ImageSpec
internal import Model

struct ContentTable: ContentRecords {
    /// How long an ingest that no lease holds is kept, in seconds; as containerd.
    static let ingestLifetime: Int64 = 24 * 60 * 60

    let database: MetadataDatabase

    func find(_ digest: Digest, namespace: String) async throws(Failure) -> ContentInfo {
        try await database.read { try find(digest, namespace, in: $0) }
    }

    func list(namespace: String) async throws(Failure) -> [ContentInfo] {
        try await database.read { db in
            try db.rows(
                """
                SELECT digest, size, created, updated, labels FROM content WHERE namespace = ? ORDER BY digest
                """, [namespace], info)
        }
    }

    func isKnown(_ digest: Digest) async throws(Failure) -> Bool {
        try await database.read { try $0.exists("SELECT 1 FROM content WHERE digest = ?", [digest.description]) }
    }

    func add(_ info: ContentInfo, scope: Scope) async throws(Failure) {
        try Labels.check(info.labels, of: "content \"\(info.digest)\"")
        let digest = info.digest.description
        let isNew = try await database.writeDurably { db in
            try db.use(namespace: scope.namespace)
            try db.hold(LeaseResource(id: digest, type: "content"), for: scope)
            try db.run(
                """
                INSERT INTO content (namespace, digest, size, labels, created, updated) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """,
                [
                    scope.namespace, digest, info.size, LabelText.encode(Labels.stored(info.labels)),
                    info.createdAt.nanosecondsSince1970, info.updatedAt.nanosecondsSince1970,
                ])
            let isNew = db.changesCount > 0
            try db.countMutation()
            return isNew
        }
        guard isNew else { throw .alreadyExists("content", digest) }
    }

    func update(
        _ info: ContentInfo, _ update: FieldUpdate, namespace: String
    ) async throws(Failure) -> ContentInfo {
        try await database.write { db in
            var updated = try find(info.digest, namespace, in: db)
            for path in update.paths.isEmpty ? ["labels"] : update.paths {
                guard FieldUpdate.replace(path, "labels", of: &updated.labels, by: info.labels) else {
                    throw Failure.invalid("content \"\(info.digest)\": field \"\(path)\" cannot be updated")
                }
            }
            try Labels.check(updated.labels, of: "content \"\(info.digest)\"")
            updated.labels = Labels.stored(updated.labels)
            updated.updatedAt = .now()
            try db.run(
                "UPDATE content SET labels = ?, updated = ? WHERE namespace = ? AND digest = ?",
                [
                    LabelText.encode(updated.labels), updated.updatedAt.nanosecondsSince1970, namespace,
                    info.digest.description,
                ])
            try db.countMutation()
            return updated
        }
    }

    func remove(_ digest: Digest, namespace: String) async throws(Failure) -> Bool {
        try await database.write(deleting: true) { db in
            try db.run("DELETE FROM content WHERE namespace = ? AND digest = ?", [namespace, digest.description])
            guard db.changesCount > 0 else { throw Failure.notFound("content", digest.description) }
            try db.release(LeaseResource(id: digest.description, type: "content"), namespace: namespace)
            try db.countMutation()
            return try !db.exists("SELECT 1 FROM content WHERE digest = ?", [digest.description])
        }
    }

    func digests() async throws(Failure) -> Set<Digest> {
        try await database.read { db in
            Set(try db.rows("SELECT DISTINCT digest FROM content") { try $0.digest(0) })
        }
    }

    private func find(_ digest: Digest, _ namespace: String, in db: Database) throws -> ContentInfo {
        let row = try db.row(
            "SELECT digest, size, created, updated, labels FROM content WHERE namespace = ? AND digest = ?",
            [namespace, digest.description])
        guard let row else { throw Failure.notFound("content", digest.description) }
        return try info(row)
    }

    private func info(_ row: Row) throws -> ContentInfo {
        ContentInfo(
            digest: try row.digest(0), size: row[1], createdAt: row.time(2), updatedAt: row.time(3),
            labels: try row.labels(4))
    }
}

// Ingests.
extension ContentTable {
    func openIngest(_ reference: String, scope: Scope) async throws(Failure) -> String {
        guard !reference.isEmpty else { throw .invalid("ingest: the reference must not be empty") }
        let number = try await database.reserveNumber()
        // Without a lease an ingest lives for a while from its last opening; with one, as long as the lease.
        var expires = scope.lease == nil ? Timestamp.now() : nil
        expires?.seconds += Self.ingestLifetime
        let limit = expires
        let directory = try await database.write { db in
            try db.use(namespace: scope.namespace)
            try db.hold(LeaseResource(id: reference, type: "ingests"), for: scope)
            try db.run(
                """
                INSERT INTO ingests (namespace, reference, directory, expires) VALUES (?, ?, ?, ?)
                ON CONFLICT (namespace, reference) DO UPDATE SET expires = excluded.expires
                """, [scope.namespace, reference, String(number), limit?.nanosecondsSince1970])
            try db.countMutation()
            return try self.directory(of: reference, scope.namespace, in: db)
        }
        if let limit { database.expiries.note(limit) }
        return directory
    }

    func findIngest(_ reference: String, namespace: String) async throws(Failure) -> String {
        try await database.read { try directory(of: reference, namespace, in: $0) }
    }

    func ingests(namespace: String) async throws(Failure) -> [String: String] {
        let pairs = try await database.read { db in
            try db.rows("SELECT reference, directory FROM ingests WHERE namespace = ?", [namespace]) { row in
                (row[0] as String, row[1] as String)
            }
        }
        return Dictionary(pairs) { first, _ in first }
    }

    func removeIngest(_ reference: String, namespace: String) async throws(Failure) {
        try await database.write(deleting: true) { db in
            try db.run("DELETE FROM ingests WHERE namespace = ? AND reference = ?", [namespace, reference])
            guard db.changesCount > 0 else { throw Failure.notFound("ingest", reference) }
            try db.release(LeaseResource(id: reference, type: "ingests"), namespace: namespace)
            try db.countMutation()
        }
    }

    func ingestDirectories() async throws(Failure) -> Set<String> {
        try await database.read { db in
            Set(try db.rows("SELECT directory FROM ingests") { $0[0] as String })
        }
    }

    private func directory(of reference: String, _ namespace: String, in db: Database) throws -> String {
        let row = try db.row(
            "SELECT directory FROM ingests WHERE namespace = ? AND reference = ?", [namespace, reference])
        guard let row else { throw Failure.notFound("ingest", reference) }
        return row[0]
    }
}
