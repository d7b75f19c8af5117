/// What garbage collection sees: every resource with what it refers to, read in one transaction.
package struct ReferenceGraph: Sendable {
    package struct Node: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            case content
            case ingest
            case snapshot(snapshotter: String)
            case image
            case container
            case lease
        }

        package var kind: Kind
        package var namespace: String
        package var key: String

        package init(kind: Kind, namespace: String, key: String) {
            self.kind = kind
            self.namespace = namespace
            self.key = key
        }
    }

    /// Nodes that live by themselves: images, containers, leases that have not expired, whatever is labelled
    /// `containerd.io/gc.root`.
    package var roots: [Node]
    /// From a node to those it keeps alive.
    package var references: [Node: [Node]]
    /// What may be collected when no root reaches it: content, ingests, snapshots, expired leases.
    package var candidates: [Node]
    /// Nodes whose references are not followed: what a flat lease holds.
    package var flat: Set<Node>

    package init(roots: [Node], references: [Node: [Node]], candidates: [Node], flat: Set<Node> = []) {
        self.roots = roots
        self.references = references
        self.candidates = candidates
        self.flat = flat
    }
}

/// The stores as the collector uses them. A mutation counter lets it redo a mark that something has overtaken.
package protocol Reclaimable: Sendable {
    func graph(at now: Timestamp) async throws(Failure) -> ReferenceGraph
    /// Removes the records of `garbage` in one transaction, unless the stores have changed since `graph` in a way
    /// that could have made any of it reachable; false then.
    func remove(_ garbage: [ReferenceGraph.Node], unlessChangedSince graph: ReferenceGraph) async throws(Failure) -> Bool
}

/// Runs collections: at start, after deletions, and when a client asks for a synchronous one.
package protocol GarbageCollector: Sendable {
    /// Something was deleted: collect soon.
    func schedule()
    /// Collects now and waits for it.
    func collect() async throws(Failure)
}
