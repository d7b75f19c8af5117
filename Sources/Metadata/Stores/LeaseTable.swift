internal import GRDB
internal import ImageSpec
internal import Model

struct LeaseTable: LeaseStore {
    let database: MetadataDatabase

    func create(_ lease: Lease, namespace: String) async throws(Failure) -> Lease {
        guard !lease.id.isEmpty else { throw .invalid("lease: the id must not be empty") }
        try Labels.check(lease.labels, of: "lease \"\(lease.id)\"")
        let created = Lease(id: lease.id, createdAt: .now(), labels: Labels.stored(lease.labels))
        try await database.writeDurably { db in
            try db.use(namespace: namespace)
            guard try !db.exists("SELECT 1 FROM leases WHERE namespace = ? AND id = ?", [namespace, created.id])
            else { throw Failure.alreadyExists("lease", created.id) }
            try db.run(
                "INSERT INTO leases (namespace, id, labels, created) VALUES (?, ?, ?, ?)",
                [
                    namespace, created.id, LabelText.encode(created.labels), created.createdAt.nanosecondsSince1970,
                ])
            try db.countMutation()
        }
        database.expiries.note(created.labels)
        return created
    }

    func delete(_ id: String, namespace: String) async throws(Failure) {
        try await database.writeDurably(deleting: true) { db in
            try db.run("DELETE FROM leases WHERE namespace = ? AND id = ?", [namespace, id])
            guard db.changesCount > 0 else { throw Failure.notFound("lease", id) }
            try db.run("DELETE FROM lease_resources WHERE namespace = ? AND lease = ?", [namespace, id])
            try db.countMutation()
        }
    }

    func list(filters: [String], namespace: String) async throws(Failure) -> [Lease] {
        let filters = try FilterSet(filters)
        let all = try await database.read { db in
            try db.rows(
                "SELECT id, created, labels FROM leases WHERE namespace = ? ORDER BY id", [namespace]
            ) { row in
                Lease(id: row[0], createdAt: row.time(1), labels: try row.labels(2))
            }
        }
        return filters.select(from: all)
    }

    func add(_ resource: LeaseResource, to lease: String, namespace: String) async throws(Failure) {
        let resource = try checked(resource)
        try await database.writeDurably { db in
            try db.hold(resource, for: Scope(namespace: namespace, lease: lease))
            try db.countMutation()
        }
    }

    func remove(_ resource: LeaseResource, from lease: String, namespace: String) async throws(Failure) {
        let resource = try checked(resource)
        try await database.writeDurably { db in
            try db.requireLease(lease, namespace: namespace)
            try db.run(
                "DELETE FROM lease_resources WHERE namespace = ? AND lease = ? AND type = ? AND id = ?",
                [namespace, lease, resource.type, resource.id])
            try db.countMutation()
        }
    }

    func resources(of lease: String, namespace: String) async throws(Failure) -> [LeaseResource] {
        try await database.read { db in
            try db.requireLease(lease, namespace: namespace)
            return try db.rows(
                "SELECT id, type FROM lease_resources WHERE namespace = ? AND lease = ? ORDER BY type, id",
                [namespace, lease]
            ) { LeaseResource(id: $0[0], type: $0[1]) }
        }
    }

    private func checked(_ resource: LeaseResource) throws(Failure) -> LeaseResource {
        let parts = resource.type.split(separator: "/", omittingEmptySubsequences: false)
        var checked = resource
        switch (parts[0], parts.count) {
        case ("content", 1):
            guard Digest(resource.id) != nil else {
                throw .invalid("lease resource \"\(resource.id)\": content is named by a digest")
            }
        case ("ingests", 1), ("images", 1): break
        case ("snapshots", 2) where !parts[1].isEmpty:
            checked.type = LeaseResource.snapshotType(String(parts[1]))
        case ("snapshots", _):
            throw .invalid("lease resource type \"\(resource.type)\": expected snapshots/<snapshotter>")
        case ("content", _), ("ingests", _), ("images", _):
            throw .invalid("lease resource type \"\(resource.type)\": expected \(parts[0]) alone")
        default:
            throw Failure(
                .unimplemented,
                "lease resource type \"\(resource.type)\": expected content, images, ingests or snapshots/<snapshotter>"
            )
        }
        guard !resource.id.isEmpty else { throw .invalid("lease resource of type \"\(resource.type)\": no id") }
        return checked
    }
}

extension LeaseResource {
    static func snapshotType(_ snapshotter: String) -> String {
        "snapshots/" + SnapshotterName.canonical(snapshotter)
    }
}

// What other tables do to leases within their own transactions.
extension Database {
    func requireLease(_ lease: String, namespace: String) throws {
        guard try exists("SELECT 1 FROM leases WHERE namespace = ? AND id = ?", [namespace, lease]) else {
            throw Failure.notFound("lease", lease)
        }
    }

    /// Adds the resource to the scope's lease, if it has one. Throws `notFound` for a lease that does not exist.
    func hold(_ resource: LeaseResource, for scope: Scope) throws {
        guard let lease = scope.lease else { return }
        try requireLease(lease, namespace: scope.namespace)
        try run(
            "INSERT INTO lease_resources (namespace, lease, type, id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [scope.namespace, lease, resource.type, resource.id])
    }

    /// Takes a resource that is no more out of every lease.
    func release(_ resource: LeaseResource, namespace: String) throws {
        try run(
            "DELETE FROM lease_resources WHERE namespace = ? AND type = ? AND id = ?",
            [namespace, resource.type, resource.id])
    }
}
