internal import GRDB
internal import Model

struct ReferenceTables: Reclaimable {
    let database: MetadataDatabase
    let events: any EventSink

    var expiries: AsyncStream<Timestamp> { database.expiries.stream }

    func graph(at now: Timestamp) async throws(Failure) -> ReferenceGraph {
        try await database.read { try read(at: now, in: $0) }
    }

    func remove(
        _ garbage: [ReferenceGraph.Node], unlessChangedSince graph: ReferenceGraph
    ) async throws(Failure) -> Bool {
        let isUnchanged = try await database.write(deleting: true) { db in
            guard try generation(in: db) == graph.generation else { return false }
            try remove(garbage, in: db)
            return true
        }
        if isUnchanged { announce(garbage) }
        return isUnchanged
    }

    func reclaim(
        at now: Timestamp, garbage: @escaping @Sendable (ReferenceGraph) -> [ReferenceGraph.Node]
    ) async throws(Failure) -> (graph: ReferenceGraph, removed: [ReferenceGraph.Node]) {
        let result = try await database.write(deleting: true) { db in
            let graph = try read(at: now, in: db)
            let garbage = garbage(graph)
            try remove(garbage, in: db)
            return (graph: graph, removed: garbage)
        }
        announce(result.removed)
        return result
    }

    private func generation(in db: Database) throws -> Int64 {
        try db.row("SELECT value FROM counters WHERE name = 'generation'", [])?[0] ?? 0
    }

    private func read(at now: Timestamp, in db: Database) throws -> ReferenceGraph {
        var builder = ReferenceGraphBuilder(now: now)
        try builder.read(db)
        builder.graph.generation = try generation(in: db)
        return builder.graph
    }

    private func remove(_ garbage: [ReferenceGraph.Node], in db: Database) throws {
        guard !garbage.isEmpty else { return }
        for node in garbage {
            let place: [Argument] = [node.namespace, node.key]
            switch node.kind {
            case .content:
                try db.run("DELETE FROM content WHERE namespace = ? AND digest = ?", place)
            case .ingest:
                try db.run("DELETE FROM ingests WHERE namespace = ? AND reference = ?", place)
            case .snapshot(let snapshotter):
                try db.run(
                    "DELETE FROM snapshots WHERE namespace = ? AND name = ? AND snapshotter = ?", place + [snapshotter])
            case .image:
                try db.run("DELETE FROM images WHERE namespace = ? AND name = ?", place)
            case .lease:
                try db.run("DELETE FROM leases WHERE namespace = ? AND id = ?", place)
                try db.run("DELETE FROM lease_resources WHERE namespace = ? AND lease = ?", place)
            case .container, .sandbox:
                break
            }
        }
        try db.countMutation()
    }

    /// As containerd, which is silent about collected content.
    private func announce(_ garbage: [ReferenceGraph.Node]) {
        for node in garbage {
            switch node.kind {
            case .image: events.publish(.imageDeleted(name: node.key), namespace: node.namespace)
            case .snapshot(let snapshotter):
                events.publish(.snapshotRemoved(key: node.key, snapshotter: snapshotter), namespace: node.namespace)
            case .content, .container, .sandbox, .lease, .ingest: break
            }
        }
    }
}
