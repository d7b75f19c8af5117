internal import GRDB
internal import ImageSpec
internal import Model

struct ImageTable: ImageStore {
    let database: MetadataDatabase
    let events: any EventSink

    private static let columns = "name, labels, media_type, digest, size, annotations, created, updated"

    func get(_ name: String, namespace: String) async throws(Failure) -> ImageRecord {
        try await database.read { try find(name, namespace, in: $0) }
    }

    func list(filters: [String], namespace: String) async throws(Failure) -> [ImageRecord] {
        let filters = try FilterSet(filters)
        let all = try await database.read { db in
            try db.rows(
                "SELECT \(ImageTable.columns) FROM images WHERE namespace = ? ORDER BY name", [namespace], image)
        }
        return filters.select(from: all)
    }

    func create(_ image: ImageRecord, namespace: String) async throws(Failure) -> ImageRecord {
        var image = try checked(image)
        image.createdAt = .now()
        image.updatedAt = image.createdAt
        let created = image
        try await database.writeDurably { db in
            try db.use(namespace: namespace)
            guard try !db.exists("SELECT 1 FROM images WHERE namespace = ? AND name = ?", [namespace, created.name])
            else { throw Failure.alreadyExists("image", created.name) }
            try store(created, namespace, in: db)
        }
        database.expiries.note(created.labels)
        events.publish(.imageCreated(name: created.name, labels: created.labels), namespace: namespace)
        return created
    }

    func update(
        _ image: ImageRecord, _ update: FieldUpdate, namespace: String
    ) async throws(Failure) -> ImageRecord {
        let updated = try await database.writeDurably { db in
            let stored = try find(image.name, namespace, in: db)
            var updated = try checked(try merge(image, into: stored, update))
            updated.createdAt = stored.createdAt
            updated.updatedAt = .now()
            try store(updated, namespace, in: db)
            return updated
        }
        database.expiries.note(updated.labels)
        events.publish(.imageUpdated(name: updated.name, labels: updated.labels), namespace: namespace)
        return updated
    }

    func delete(_ name: String, namespace: String) async throws(Failure) {
        try await database.writeDurably(deleting: true) { db in
            try db.run("DELETE FROM images WHERE namespace = ? AND name = ?", [namespace, name])
            guard db.changesCount > 0 else { throw Failure.notFound("image", name) }
            try db.countMutation()
        }
        events.publish(.imageDeleted(name: name), namespace: namespace)
    }

    private func merge(
        _ image: ImageRecord, into stored: ImageRecord, _ update: FieldUpdate
    ) throws(Failure) -> ImageRecord {
        guard !update.paths.isEmpty else { return image }
        var merged = stored
        var annotations = stored.target.annotations ?? [:]
        for path in update.paths {
            if FieldUpdate.replace(path, "labels", of: &merged.labels, by: image.labels) { continue }
            if path == "target" {
                merged.target = image.target
                annotations = image.target.annotations ?? [:]
                continue
            }
            guard FieldUpdate.replace(path, "annotations", of: &annotations, by: image.target.annotations ?? [:])
            else { throw .invalid("image \"\(image.name)\": field \"\(path)\" cannot be updated") }
        }
        merged.target.annotations = annotations.isEmpty ? nil : annotations
        return merged
    }

    private func checked(_ image: ImageRecord) throws(Failure) -> ImageRecord {
        guard !image.name.isEmpty else { throw .invalid("image: the name must not be empty") }
        try Labels.check(image.labels, of: "image \"\(image.name)\"")
        guard image.target.size > 0 else {
            throw .invalid("image \"\(image.name)\": the target's size must be above 0")
        }
        guard !image.target.mediaType.isEmpty else {
            throw .invalid("image \"\(image.name)\": the target's media type must be set")
        }
        var checked = image
        checked.labels = Labels.stored(image.labels)
        checked.target.platform = nil
        checked.target.urls = nil
        return checked
    }

    private func find(_ name: String, _ namespace: String, in db: Database) throws -> ImageRecord {
        let row = try db.row(
            "SELECT \(ImageTable.columns) FROM images WHERE namespace = ? AND name = ?", [namespace, name])
        guard let row else { throw Failure.notFound("image", name) }
        return try image(row)
    }

    private func store(_ image: ImageRecord, _ namespace: String, in db: Database) throws {
        try db.run(
            """
            INSERT OR REPLACE INTO images
                (namespace, name, labels, media_type, digest, size, annotations, created, updated)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                namespace, image.name, LabelText.encode(image.labels), image.target.mediaType,
                image.target.digest.description, image.target.size, LabelText.encode(image.target.annotations),
                image.createdAt.nanosecondsSince1970, image.updatedAt.nanosecondsSince1970,
            ])
        try db.countMutation()
    }

    private func image(_ row: Row) throws -> ImageRecord {
        let annotations = try row.labels(5)
        return ImageRecord(
            name: row[0], labels: try row.labels(1),
            target: Descriptor(
                mediaType: row[2], digest: try row.digest(3), size: row[4],
                annotations: annotations.isEmpty ? nil : annotations),
            createdAt: row.time(6), updatedAt: row.time(7))
    }
}

extension Row {
    func digest(_ index: Int) throws(Failure) -> Digest {
        let text: String = self[index]
        guard let digest = Digest(text) else { throw Failure(.dataLoss, "record: \"\(text)\" is no digest") }
        return digest
    }
}
