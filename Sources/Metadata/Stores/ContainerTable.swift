internal import FoundationEssentials
internal import GRDB
internal import Model

struct ContainerTable: ContainerStore {
    let database: MetadataDatabase
    let events: any EventSink

    private static let columns = """
        id, labels, image, runtime, options_type, options, snapshotter, snapshot_key, sandbox, created, updated, \
        extensions, spec_type, spec
        """

    func get(_ id: String, namespace: String) async throws(Failure) -> ContainerRecord {
        try await database.read { try find(id, namespace, in: $0) }
    }

    func list(filters: [String], namespace: String) async throws(Failure) -> [ContainerRecord] {
        let filters = try FilterSet(filters)
        let all = try await database.read { db in
            try db.rows(
                "SELECT \(ContainerTable.columns) FROM containers WHERE namespace = ? ORDER BY id", [namespace],
                container)
        }
        return filters.select(from: all)
    }

    func create(_ container: ContainerRecord, namespace: String) async throws(Failure) -> ContainerRecord {
        var container = try checked(container)
        container.createdAt = .now()
        container.updatedAt = container.createdAt
        let created = container
        try await database.writeDurably { db in
            try db.use(namespace: namespace)
            guard try !db.exists("SELECT 1 FROM containers WHERE namespace = ? AND id = ?", [namespace, created.id])
            else { throw Failure.alreadyExists("container", created.id) }
            try db.run(
                """
                INSERT INTO containers (namespace, \(ContainerTable.columns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, [namespace] + values(created))
            try db.countMutation()
        }
        await Failpoint.reach("containers.create.after-record")
        events.publish(
            .containerCreated(id: created.id, image: created.image, runtime: created.runtime), namespace: namespace)
        return created
    }

    func update(
        _ container: ContainerRecord, _ update: FieldUpdate, namespace: String
    ) async throws(Failure) -> ContainerRecord {
        guard !container.id.isEmpty else { throw .invalid("container: the id to update is empty") }
        let updated = try await database.writeDurably { db in
            let stored = try find(container.id, namespace, in: db)
            var updated = try checked(try merge(container, into: stored, update))
            updated.updatedAt = .now()
            try db.run(
                """
                UPDATE containers SET (\(ContainerTable.columns)) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                WHERE namespace = ? AND id = ?
                """, values(updated) + [namespace, updated.id])
            try db.countMutation()
            return updated
        }
        events.publish(
            .containerUpdated(
                id: updated.id, image: updated.image, labels: updated.labels, snapshotKey: updated.snapshotKey),
            namespace: namespace)
        return updated
    }

    func delete(_ id: String, namespace: String) async throws(Failure) {
        // Not durably: power loss that brings the record back brings back nothing that ran, and loses nothing.
        try await database.write(deleting: true) { db in
            try db.run("DELETE FROM containers WHERE namespace = ? AND id = ?", [namespace, id])
            guard db.changesCount > 0 else { throw Failure.notFound("container", id) }
            try db.countMutation()
        }
        events.publish(.containerDeleted(id: id), namespace: namespace)
    }

    /// Without paths everything that can change is replaced, and what cannot must be unchanged: so fields may become
    /// mutable later without clients' noticing.
    private func merge(
        _ container: ContainerRecord, into stored: ContainerRecord, _ update: FieldUpdate
    ) throws(Failure) -> ContainerRecord {
        var paths = update.paths
        if paths.isEmpty {
            paths = ["labels", "spec", "extensions", "image", "snapshotkey"]
            guard stored.snapshotter == container.snapshotter else {
                throw .invalid("container \"\(stored.id)\": the snapshotter cannot be changed")
            }
            guard stored.runtime.name == container.runtime.name else {
                throw .invalid("container \"\(stored.id)\": the runtime's name cannot be changed")
            }
        }
        var merged = stored
        for path in paths {
            if FieldUpdate.replace(path, "labels", of: &merged.labels, by: container.labels) { continue }
            if FieldUpdate.replace(path, "extensions", of: &merged.extensions, by: container.extensions) { continue }
            switch path {
            case "spec": merged.spec = container.spec
            case "image": merged.image = container.image
            case "snapshotkey": merged.snapshotKey = container.snapshotKey
            default: throw .invalid("container \"\(stored.id)\": field \"\(path)\" cannot be updated")
            }
        }
        return merged
    }

    private func checked(_ container: ContainerRecord) throws(Failure) -> ContainerRecord {
        try Identifier.check(container.id, "container")
        let name = "container \"\(container.id)\""
        try Labels.check(container.labels, of: name)
        guard container.extensions[""] == nil else { throw .invalid("\(name): an extension needs a name") }
        guard !container.runtime.name.isEmpty else { throw .invalid("\(name): the runtime's name must be set") }
        guard container.spec != nil else { throw .invalid("\(name): the spec must be set") }
        guard container.snapshotKey.isEmpty || !container.snapshotter.isEmpty else {
            throw .invalid("\(name): a snapshot key needs its snapshotter's name")
        }
        var checked = container
        checked.labels = Labels.stored(container.labels)
        return checked
    }

    private func find(_ id: String, _ namespace: String, in db: Database) throws -> ContainerRecord {
        let row = try db.row(
            "SELECT \(ContainerTable.columns) FROM containers WHERE namespace = ? AND id = ?", [namespace, id])
        guard let row else { throw Failure.notFound("container", id) }
        return try container(row)
    }

    /// In the order of `columns`.
    private func values(_ container: ContainerRecord) -> [Argument] {
        [
            container.id, LabelText.encode(container.labels), container.image, container.runtime.name,
            container.runtime.options?.typeURL, container.runtime.options?.data, container.snapshotter,
            container.snapshotKey, container.sandbox, container.createdAt.nanosecondsSince1970,
            container.updatedAt.nanosecondsSince1970, PayloadMap.encode(container.extensions).map { Data($0) },
            container.spec?.typeURL, container.spec?.data,
        ]
    }

    private func container(_ row: Row) throws -> ContainerRecord {
        ContainerRecord(
            id: row[0], labels: try row.labels(1), image: row[2],
            runtime: ContainerRecord.Runtime(name: row[3], options: row.payload(4)), spec: row.payload(12),
            snapshotter: row[6], snapshotKey: row[7], createdAt: row.time(9), updatedAt: row.time(10),
            extensions: try PayloadMap.decode(row.bytes(11)), sandbox: row[8])
    }
}
