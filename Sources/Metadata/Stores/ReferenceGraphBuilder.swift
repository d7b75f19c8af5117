internal import GRDB
internal import Model

/// Reads what refers to what, by containerd's rules (its documentation, "Garbage Collection").
///
/// References never cross namespaces. From labels:
/// - `containerd.io/gc.root` makes content or a snapshot live by itself;
/// - `containerd.io/gc.ref.content`, also with `.name` or `/name` after it, refers to a digest;
/// - `containerd.io/gc.ref.snapshot.<snapshotter>`, also with `/name`, refers to a snapshot;
/// - `containerd.io/gc.ref.image`, also with `.name` or `/name`, refers to an image;
/// - `containerd.io/gc.bref.…`, for containers too, is the same the other way round: what it names keeps this alive;
/// - `containerd.io/gc.expire` ends a lease or an image at a time; one that cannot be read is ignored;
/// - `containerd.io/gc.flat` makes a lease hold only what it names.
struct ReferenceGraphBuilder {
    typealias Node = ReferenceGraph.Node

    private static let prefix = "containerd.io/gc."
    /// Labels are sent by SQLite only where they matter here.
    private static let labels = "CASE WHEN instr(labels, '\(prefix)') THEN labels END"

    let now: Timestamp
    var graph = ReferenceGraph()

    mutating func read(_ db: Database) throws {
        try readContent(db)
        try readSnapshots(db)
        try readImages(db)
        try readContainers(db)
        try readLeases(db)
        try readIngests(db)
    }

    private mutating func readContent(_ db: Database) throws {
        try each(db, "SELECT namespace, digest, \(Self.labels) FROM content") { builder, row in
            let node = Node(kind: .content, namespace: row[0], key: row[1])
            builder.graph.candidates.append(node)
            builder.follow(try row.labels(2), of: node)
        }
    }

    private mutating func readSnapshots(_ db: Database) throws {
        try each(
            db,
            """
            SELECT s.namespace, s.snapshotter, s.name, CASE WHEN instr(s.labels, '\(Self.prefix)') THEN s.labels END,
                p.name
            FROM snapshots s LEFT JOIN snapshots p ON p.number = s.parent
            """
        ) { builder, row in
            let node = Node(kind: .snapshot(snapshotter: row[1]), namespace: row[0], key: row[2])
            builder.graph.candidates.append(node)
            if let parent: String = row[4] {
                builder.graph.parents[node] = Node(kind: node.kind, namespace: node.namespace, key: parent)
            }
            builder.follow(try row.labels(3), of: node)
        }
    }

    private mutating func readImages(_ db: Database) throws {
        try each(db, "SELECT namespace, name, digest, \(Self.labels) FROM images") { builder, row in
            let node = Node(kind: .image, namespace: row[0], key: row[1])
            let labels = try row.labels(3)
            builder.graph.candidates.append(node)
            builder.refer(node, to: Node(kind: .content, namespace: node.namespace, key: row[2]))
            builder.follow(labels, of: node)
            if !builder.isExpired(labels) { builder.graph.roots.append(node) }
        }
    }

    private mutating func readContainers(_ db: Database) throws {
        try each(
            db, "SELECT namespace, id, snapshotter, snapshot_key, \(Self.labels) FROM containers"
        ) { builder, row in
            let node = Node(kind: .container, namespace: row[0], key: row[1])
            builder.graph.roots.append(node)
            let snapshotter: String = row[2]
            if !snapshotter.isEmpty {
                let kind = Node.Kind.snapshot(snapshotter: SnapshotterName.canonical(snapshotter))
                builder.refer(node, to: Node(kind: kind, namespace: node.namespace, key: row[3]))
            }
            builder.follow(try row.labels(4), of: node)
        }
        try each(db, "SELECT namespace, id, \(Self.labels) FROM sandboxes") { builder, row in
            let node = Node(kind: .sandbox, namespace: row[0], key: row[1])
            builder.graph.roots.append(node)
            builder.follow(try row.labels(2), of: node)
        }
    }

    private mutating func readLeases(_ db: Database) throws {
        var flat: Set<Node> = []
        try each(db, "SELECT namespace, id, \(Self.labels) FROM leases") { builder, row in
            let node = Node(kind: .lease, namespace: row[0], key: row[1])
            let labels = try row.labels(2)
            builder.graph.candidates.append(node)
            guard !builder.isExpired(labels) else { return }
            builder.graph.roots.append(node)
            if labels[Self.prefix + "flat"] != nil { flat.insert(node) }
        }
        let live = Set(graph.roots.lazy.filter { $0.kind == .lease })
        try each(db, "SELECT namespace, lease, type, id FROM lease_resources") { builder, row in
            let lease = Node(kind: .lease, namespace: row[0], key: row[1])
            guard live.contains(lease), let held = Self.node(namespace: row[0], type: row[2], id: row[3]) else {
                return
            }
            if flat.contains(lease) {
                builder.graph.flatRoots.append(held)
            } else {
                builder.refer(lease, to: held)
            }
        }
    }

    private static func node(namespace: String, type: String, id: String) -> Node? {
        switch type {
        case "content": return Node(kind: .content, namespace: namespace, key: id)
        case "ingests": return Node(kind: .ingest, namespace: namespace, key: id)
        case "images": return Node(kind: .image, namespace: namespace, key: id)
        default:
            guard type.hasPrefix("snapshots/") else { return nil }
            let kind = Node.Kind.snapshot(snapshotter: String(type.dropFirst("snapshots/".count)))
            return Node(kind: kind, namespace: namespace, key: id)
        }
    }

    private mutating func readIngests(_ db: Database) throws {
        try each(db, "SELECT namespace, reference, expires FROM ingests") { builder, row in
            let node = Node(kind: .ingest, namespace: row[0], key: row[1])
            builder.graph.candidates.append(node)
            guard let expires = (row[2] as Int64?).map(Timestamp.init(nanosecondsSince1970:)) else { return }
            if builder.now <= expires {
                builder.graph.roots.append(node)
                builder.noteExpiry(expires)
            }
        }
    }

    private mutating func each(
        _ db: Database, _ sql: String, _ body: (inout ReferenceGraphBuilder, Row) throws -> Void
    ) throws {
        _ = try db.rows(sql) { try body(&self, $0) }
    }
}

// What labels say.
extension ReferenceGraphBuilder {
    private mutating func refer(_ node: Node, to other: Node) {
        graph.references[node, default: []].append(other)
    }

    private mutating func noteExpiry(_ time: Timestamp) {
        graph.nextExpiry = min(time, graph.nextExpiry ?? time)
    }

    private mutating func isExpired(_ labels: [String: String]) -> Bool {
        guard let text = labels[Self.prefix + "expire"], let time = Timestamp(rfc3339: text) else { return false }
        guard time < now else {
            noteExpiry(time)
            return false
        }
        return true
    }

    private mutating func follow(_ labels: [String: String], of node: Node) {
        for (key, value) in labels where key.hasPrefix(Self.prefix) {
            let rule = key.dropFirst(Self.prefix.count)
            if rule == "root" {
                if node.kind.mayBeRoot { graph.roots.append(node) }
            } else if rule.hasPrefix("ref.") {
                if let other = Self.target(of: rule.dropFirst(4), value, node.namespace) { refer(node, to: other) }
            } else if rule.hasPrefix("bref.") {
                if let other = Self.target(of: rule.dropFirst(5), value, node.namespace) { refer(other, to: node) }
            }
        }
    }

    /// What `content.config` or `snapshot.overlayfs/name` with `value` names.
    private static func target(of rule: Substring, _ value: String, _ namespace: String) -> Node? {
        let snapshot = "snapshot."
        if rule.hasPrefix(snapshot) {
            let name = rule.dropFirst(snapshot.count).prefix { $0 != "/" }
            let kind = Node.Kind.snapshot(snapshotter: SnapshotterName.canonical(String(name)))
            return Node(kind: kind, namespace: namespace, key: value)
        }
        let kinds: [String: Node.Kind] = ["content": .content, "image": .image, "container": .container]
        return kinds[String(rule.prefix { $0 != "." && $0 != "/" })].map {
            Node(kind: $0, namespace: namespace, key: value)
        }
    }
}

extension ReferenceGraph.Node.Kind {
    fileprivate var mayBeRoot: Bool {
        switch self {
        case .content, .snapshot: true
        case .image, .container, .sandbox, .lease, .ingest: false
        }
    }
}
