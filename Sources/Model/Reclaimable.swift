/// What garbage collection sees: every resource with what it refers to, read in one transaction.
package struct ReferenceGraph: Sendable {
    package struct Node: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            case content
            case ingest
            /// By canonical name, see ``SnapshotterName``.
            case snapshot(snapshotter: String)
            case image
            case container
            case sandbox
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

    /// Nodes that live by themselves: images and leases that have not expired, containers, sandboxes, ingests that no
    /// lease has taken and that are not stale, whatever is labelled `containerd.io/gc.root`.
    package var roots: [Node]
    /// What a flat lease (`containerd.io/gc.flat`) holds: kept with its ancestors, but not with what its labels name.
    package var flatRoots: [Node]
    /// From a node to those it keeps alive, except a snapshot's parent.
    package var references: [Node: [Node]]
    /// From a snapshot to its parent, which it keeps however it is itself kept.
    package var parents: [Node: Node]
    /// What may be collected when no root reaches it: content, ingests, snapshots, images and leases.
    package var candidates: [Node]
    /// The first moment at which something in the graph expires, which makes another collection worth while.
    package var nextExpiry: Timestamp?
    /// The stores' mutation counter as of this graph.
    package var generation: Int64

    package init(
        roots: [Node] = [], flatRoots: [Node] = [], references: [Node: [Node]] = [:], parents: [Node: Node] = [:],
        candidates: [Node] = [], nextExpiry: Timestamp? = nil, generation: Int64 = 0
    ) {
        self.roots = roots
        self.flatRoots = flatRoots
        self.references = references
        self.parents = parents
        self.candidates = candidates
        self.nextExpiry = nextExpiry
        self.generation = generation
    }
}

/// The stores as the collector uses them. A mutation counter lets it redo a mark that something has overtaken.
package protocol Reclaimable: Sendable {
    func graph(at now: Timestamp) async throws(Failure) -> ReferenceGraph
    /// Removes the records of `garbage` in one transaction, unless the stores have changed since `graph` was read;
    /// false then, and nothing is removed. The bytes that the records named are the caller's to sweep.
    func remove(_ garbage: [ReferenceGraph.Node], unlessChangedSince graph: ReferenceGraph) async throws(Failure)
        -> Bool
    /// Reads the graph and removes what `garbage` picks from it in one transaction, for stores that are too busy for
    /// ``remove(_:unlessChangedSince:)``. All other changes wait for as long.
    /// - Returns: the graph, and what was removed.
    func reclaim(
        at now: Timestamp, garbage: @escaping @Sendable (ReferenceGraph) -> [ReferenceGraph.Node]
    ) async throws(Failure) -> (graph: ReferenceGraph, removed: [ReferenceGraph.Node])
    /// Moments at which something that has just been stored will expire. For one listener.
    var expiries: AsyncStream<Timestamp> { get }
}

/// Runs collections: at start, after deletions, when something expires, and when a client asks for a synchronous one.
package protocol GarbageCollector: Sendable {
    /// Something was deleted: collect soon.
    func schedule()
    /// Collects now and waits for it.
    func collect() async throws(Failure)
}
