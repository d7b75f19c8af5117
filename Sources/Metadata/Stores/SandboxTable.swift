internal import FoundationEssentials
internal import GRDB
internal import Model

struct SandboxTable: SandboxStore {
    let database: MetadataDatabase

    private static let columns = """
        id, labels, runtime, options_type, options, sandboxer, created, updated, extensions, spec_type, spec
        """

    func get(_ id: String, namespace: String) async throws(Failure) -> SandboxRecord {
        try await database.read { try find(id, namespace, in: $0) }
    }

    func list(filters: [String], namespace: String) async throws(Failure) -> [SandboxRecord] {
        let filters = try FilterSet(filters)
        let all = try await database.read { db in
            try db.rows(
                "SELECT \(SandboxTable.columns) FROM sandboxes WHERE namespace = ? ORDER BY id", [namespace], sandbox)
        }
        return filters.select(from: all)
    }

    func create(_ sandbox: SandboxRecord, namespace: String) async throws(Failure) -> SandboxRecord {
        var sandbox = try checked(sandbox)
        sandbox.createdAt = .now()
        sandbox.updatedAt = sandbox.createdAt
        let created = sandbox
        try await database.writeDurably { db in
            try db.use(namespace: namespace)
            guard try !db.exists("SELECT 1 FROM sandboxes WHERE namespace = ? AND id = ?", [namespace, created.id])
            else { throw Failure.alreadyExists("sandbox", created.id) }
            try db.run(
                """
                INSERT INTO sandboxes (namespace, \(SandboxTable.columns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, [namespace] + values(created))
            try db.countMutation()
        }
        return created
    }

    func update(
        _ sandbox: SandboxRecord, _ update: FieldUpdate, namespace: String
    ) async throws(Failure) -> SandboxRecord {
        try await database.writeDurably { db in
            let stored = try find(sandbox.id, namespace, in: db)
            var updated = try checked(try merge(sandbox, into: stored, update))
            updated.updatedAt = .now()
            try db.run(
                """
                UPDATE sandboxes SET (\(SandboxTable.columns)) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                WHERE namespace = ? AND id = ?
                """, values(updated) + [namespace, updated.id])
            try db.countMutation()
            return updated
        }
    }

    func delete(_ id: String, namespace: String) async throws(Failure) {
        try await database.writeDurably(deleting: true) { db in
            try db.run("DELETE FROM sandboxes WHERE namespace = ? AND id = ?", [namespace, id])
            guard db.changesCount > 0 else { throw Failure.notFound("sandbox", id) }
            try db.countMutation()
        }
    }

    private func merge(
        _ sandbox: SandboxRecord, into stored: SandboxRecord, _ update: FieldUpdate
    ) throws(Failure) -> SandboxRecord {
        var merged = stored
        let everything = ["labels", "extensions", "spec", "runtime"]
        for path in update.paths.isEmpty ? everything : update.paths {
            if FieldUpdate.replace(path, "labels", of: &merged.labels, by: sandbox.labels) { continue }
            if FieldUpdate.replace(path, "extensions", of: &merged.extensions, by: sandbox.extensions) { continue }
            switch path {
            case "spec": merged.spec = sandbox.spec
            case "runtime": merged.runtime = sandbox.runtime
            default: throw .invalid("sandbox \"\(stored.id)\": field \"\(path)\" cannot be updated")
            }
        }
        return merged
    }

    private func checked(_ sandbox: SandboxRecord) throws(Failure) -> SandboxRecord {
        try Identifier.check(sandbox.id, "sandbox")
        try Labels.check(sandbox.labels, of: "sandbox \"\(sandbox.id)\"")
        guard sandbox.extensions[""] == nil else {
            throw .invalid("sandbox \"\(sandbox.id)\": an extension needs a name")
        }
        guard !sandbox.runtime.name.isEmpty else {
            throw .invalid("sandbox \"\(sandbox.id)\": the runtime's name must be set")
        }
        var checked = sandbox
        checked.labels = Labels.stored(sandbox.labels)
        return checked
    }

    private func find(_ id: String, _ namespace: String, in db: Database) throws -> SandboxRecord {
        let row = try db.row(
            "SELECT \(SandboxTable.columns) FROM sandboxes WHERE namespace = ? AND id = ?", [namespace, id])
        guard let row else { throw Failure.notFound("sandbox", id) }
        return try sandbox(row)
    }

    /// In the order of `columns`.
    private func values(_ sandbox: SandboxRecord) -> [Argument] {
        [
            sandbox.id, LabelText.encode(sandbox.labels), sandbox.runtime.name, sandbox.runtime.options?.typeURL,
            sandbox.runtime.options?.data, sandbox.sandboxer, sandbox.createdAt.nanosecondsSince1970,
            sandbox.updatedAt.nanosecondsSince1970, PayloadMap.encode(sandbox.extensions).map { Data($0) },
            sandbox.spec?.typeURL, sandbox.spec?.data,
        ]
    }

    private func sandbox(_ row: Row) throws -> SandboxRecord {
        SandboxRecord(
            id: row[0], runtime: ContainerRecord.Runtime(name: row[2], options: row.payload(3)), spec: row.payload(9),
            labels: try row.labels(1), createdAt: row.time(6), updatedAt: row.time(7),
            extensions: try PayloadMap.decode(row.bytes(8)), sandboxer: row[5])
    }
}
