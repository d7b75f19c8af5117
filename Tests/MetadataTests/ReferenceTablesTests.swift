import ImageSpec
import Metadata
import Model
import TestKit
import Testing

private typealias Node = ReferenceGraph.Node

struct ReferenceTablesTests {
    let scratch: Scratch
    let events = EventRecorder()
    let store: MetadataStore
    let scope = Scope(namespace: "n")

    init() throws {
        scratch = try Scratch()
        store = try scratch.open(events: events)
    }

    private func node(_ kind: Node.Kind, _ key: String) -> Node { Node(kind: kind, namespace: "n", key: key) }
    private func blob(_ seed: UInt8) -> Node { node(.content, digest(seed).description) }
    private func layer(_ key: String) -> Node { node(.snapshot(snapshotter: "overlayfs"), key) }
    private func graph() async throws -> ReferenceGraph { try await store.reclaimable.graph(at: .now()) }

    private func addSnapshot(_ key: String, on parent: String = "", labels: [String: String] = [:]) async throws {
        try await store.snapshots.add(
            number: try await store.snapshots.reserveNumber(), key: key, parent: parent, kind: .active, labels: labels,
            snapshotter: "overlayfs", scope: scope)
    }

    @Test func `an image refers to its target, and containers to their snapshots`() async throws {
        _ = try await store.images.create(image("i", 1), namespace: "n")
        _ = try await store.containers.create(container("c"), namespace: "n")
        let graph = try await graph()
        #expect(Set(graph.roots) == [node(.image, "i"), node(.container, "c")])
        #expect(graph.references[node(.image, "i")] == [blob(1)])
        #expect(graph.references[node(.container, "c")] == [layer("c")])
        #expect(graph.candidates == [node(.image, "i")])
    }

    @Test func `labels refer to content, snapshots and images`() async throws {
        let labels = [
            "containerd.io/gc.ref.content": digest(2).description,
            "containerd.io/gc.ref.content.config": digest(3).description,
            "containerd.io/gc.ref.content/other": digest(4).description,
            "containerd.io/gc.ref.contentious": digest(5).description,
            "containerd.io/gc.ref.snapshot.overlay": "s1", "containerd.io/gc.ref.snapshot.native/x": "s2",
            "containerd.io/gc.ref.image": "i", "unrelated": "x",
        ]
        try await store.content.add(content(1, labels: labels), scope: scope)
        let references = try #require(try await graph().references[blob(1)])
        #expect(
            Set(references) == [
                blob(2), blob(3), blob(4), layer("s1"), node(.snapshot(snapshotter: "native"), "s2"), node(.image, "i"),
            ])
        #expect(references.count == 6)
    }

    @Test func `back references are references the other way round`() async throws {
        let labels = [
            "containerd.io/gc.bref.container": "c", "containerd.io/gc.bref.image": "i",
            "containerd.io/gc.bref.content.subject": digest(9).description,
            "containerd.io/gc.bref.snapshot.overlayfs": "s",
        ]
        try await store.content.add(content(1, labels: labels), scope: scope)
        let references = try await graph().references
        for other in [node(.container, "c"), node(.image, "i"), blob(9), layer("s")] {
            #expect(references[other] == [blob(1)])
        }
    }

    @Test func `a root label makes content and snapshots live by themselves`() async throws {
        try await store.content.add(content(1, labels: ["containerd.io/gc.root": "now"]), scope: scope)
        try await store.content.add(content(2), scope: scope)
        try await addSnapshot("s", labels: ["containerd.io/gc.root": "now"])
        let graph = try await graph()
        #expect(Set(graph.roots) == [blob(1), layer("s")])
        #expect(Set(graph.candidates) == [blob(1), blob(2), layer("s")])
    }

    @Test func `a snapshot keeps its parent`() async throws {
        try await addSnapshot("a")
        try await store.snapshots.commit(
            key: "a", name: "l", labels: [:], usage: SnapshotUsage(size: 0, inodes: 0), snapshotter: "overlayfs",
            scope: scope)
        try await addSnapshot("b", on: "l")
        #expect(try await graph().parents == [layer("b"): layer("l")])
    }

    @Test func `a lease holds its resources until it expires`() async throws {
        let past = Timestamp(seconds: Timestamp.now().seconds - 60).rfc3339
        let future = Timestamp(seconds: Timestamp.now().seconds + 60)
        for (id, labels) in [
            ("forever", [:]), ("gone", ["containerd.io/gc.expire": past]),
            ("later", ["containerd.io/gc.expire": future.rfc3339]), ("odd", ["containerd.io/gc.expire": "soon"]),
            ("flat", ["containerd.io/gc.flat": "yes"]),
        ] {
            _ = try await store.leases.create(Lease(id: id, labels: labels), namespace: "n")
            try await store.leases.add(
                LeaseResource(id: "of-\(id)", type: "snapshots/overlay"), to: id, namespace: "n")
        }
        let graph = try await graph()
        #expect(Set(graph.roots) == Set(["forever", "later", "odd", "flat"].map { node(.lease, $0) }))
        #expect(graph.references[node(.lease, "later")] == [layer("of-later")])
        #expect(graph.references[node(.lease, "gone")] == nil && graph.references[node(.lease, "flat")] == nil)
        #expect(graph.flatRoots == [layer("of-flat")])
        #expect(graph.candidates.contains(node(.lease, "gone")))
        #expect(graph.nextExpiry == future)
    }

    @Test func `an ingest lives for a day, or as long as its lease`() async throws {
        _ = try await store.leases.create(Lease(id: "l"), namespace: "n")
        _ = try await store.content.openIngest("free", scope: scope)
        _ = try await store.content.openIngest("leased", scope: Scope(namespace: "n", lease: "l"))
        let now = try await graph()
        #expect(Set(now.roots) == [node(.ingest, "free"), node(.lease, "l")])
        #expect(now.references[node(.lease, "l")] == [node(.ingest, "leased")])
        let tomorrow = Timestamp(seconds: Timestamp.now().seconds + 90_000)
        let later = try await store.reclaimable.graph(at: tomorrow)
        #expect(later.roots == [node(.lease, "l")])
        #expect(now.nextExpiry != nil && later.nextExpiry == nil)
    }

    @Test func `an image may expire`() async throws {
        let past = ["containerd.io/gc.expire": Timestamp(seconds: 1).rfc3339]
        _ = try await store.images.create(image("i", labels: past), namespace: "n")
        let graph = try await graph()
        #expect(graph.roots.isEmpty && graph.candidates == [node(.image, "i")])
        #expect(try await store.reclaimable.remove(graph.candidates, unlessChangedSince: graph))
        await expect(.notFound) { _ = try await store.images.get("i", namespace: "n") }
        #expect(events.events.last == .imageDeleted(name: "i"))
    }

    @Test func `garbage is removed, whatever its kind`() async throws {
        _ = try await store.leases.create(Lease(id: "l"), namespace: "n")
        let leased = Scope(namespace: "n", lease: "l")
        try await store.content.add(content(1), scope: leased)
        _ = try await store.content.openIngest("r", scope: leased)
        try await addSnapshot("s")
        let graph = try await graph()
        #expect(Set(graph.candidates) == [blob(1), node(.ingest, "r"), layer("s"), node(.lease, "l")])
        #expect(try await store.reclaimable.remove(graph.candidates, unlessChangedSince: graph))
        #expect(try await self.graph().candidates.isEmpty)
        #expect(try await store.leases.list(filters: [], namespace: "n").isEmpty)
        #expect(try await !store.content.isKnown(digest(1)))
        #expect(events.events == [.snapshotRemoved(key: "s", snapshotter: "overlayfs")])
    }

    @Test func `nothing is removed once the stores have changed`() async throws {
        try await store.content.add(content(1), scope: scope)
        let graph = try await graph()
        _ = try await store.images.create(image("i", 1), namespace: "n")
        #expect(try await store.reclaimable.remove(graph.candidates, unlessChangedSince: graph) == false)
        #expect(try await store.content.isKnown(digest(1)))
    }

    @Test func `stores can be made to wait for a collection`() async throws {
        try await store.content.add(content(1), scope: scope)
        let (graph, removed) = try await store.reclaimable.reclaim(at: .now()) { $0.candidates }
        #expect(graph.candidates == [blob(1)] && removed == [blob(1)])
        #expect(try await !store.content.isKnown(digest(1)))
    }

    @Test func `what will expire is told when it is stored`() async throws {
        var expiries = store.reclaimable.expiries.makeAsyncIterator()
        let time = Timestamp(seconds: 4_000_000_000)
        let labels = ["containerd.io/gc.expire": time.rfc3339]
        _ = try await store.leases.create(Lease(id: "l", labels: labels), namespace: "n")
        #expect(await expiries.next() == time)
        _ = try await store.content.openIngest("r", scope: scope)
        #expect(await expiries.next() != nil)
    }
}
