import Metadata
import Model
import TestKit
import Testing

struct NamespaceTableTests {
    let scratch: Scratch
    let events = EventRecorder()
    let store: MetadataStore

    init() throws {
        scratch = try Scratch()
        store = try scratch.open(events: events)
    }

    @Test func `a namespace appears with its first object and stays until it is deleted`() async throws {
        #expect(try await store.namespaces.list().isEmpty)
        _ = try await store.containers.create(container("c"), namespace: "n")
        #expect(try await store.namespaces.list() == [NamespaceRecord(name: "n")])
        try await store.containers.delete("c", namespace: "n")
        #expect(try await store.namespaces.list().map(\.name) == ["n"])
        await expect(.alreadyExists) { _ = try await store.namespaces.create(NamespaceRecord(name: "n")) }
        try await store.namespaces.delete("n")
        #expect(try await store.namespaces.list().isEmpty)
    }

    @Test func `a failed creation makes no namespace`() async throws {
        await expect(.notFound) {
            try await store.snapshots.add(
                number: 1, key: "k", parent: "missing", kind: .active, labels: [:], snapshotter: "overlayfs",
                scope: Scope(namespace: "n"))
        }
        #expect(try await store.namespaces.list().isEmpty)
    }

    @Test func `an unknown namespace has no labels`() async throws {
        #expect(try await store.namespaces.get("n") == NamespaceRecord(name: "n"))
        await expect(.notFound) { try await store.namespaces.delete("n") }
    }

    @Test func `labels are created and updated`() async throws {
        _ = try await store.namespaces.create(NamespaceRecord(name: "n", labels: ["a": "1", "b": "2"]))
        #expect(try await store.namespaces.get("n").labels == ["a": "1", "b": "2"])
        let change = NamespaceRecord(name: "n", labels: ["a": "", "c": "3"])
        var updated = try await store.namespaces.update(change, FieldUpdate(paths: ["labels.a", "labels.c"]))
        #expect(updated.labels == ["b": "2", "c": "3"])
        updated = try await store.namespaces.update(NamespaceRecord(name: "n", labels: ["d": "4"]), .everything)
        #expect(try await store.namespaces.get("n").labels == ["d": "4"])
        await expect(.invalidArgument, "name") {
            _ = try await store.namespaces.update(change, FieldUpdate(paths: ["name"]))
        }
        #expect(events.events.map(\.topic) == ["/namespaces/create", "/namespaces/update", "/namespaces/update"])
    }

    @Test func `a namespace with objects is not deleted, and the failure names them`() async throws {
        let scope = Scope(namespace: "n")
        _ = try await store.images.create(image("i"), namespace: "n")
        _ = try await store.containers.create(container("c"), namespace: "n")
        try await store.content.add(content(1), scope: scope)
        try await store.snapshots.add(
            number: 1, key: "k", parent: "", kind: .active, labels: [:], snapshotter: "overlay", scope: scope)
        await expect(.failedPrecondition, "images, blobs, containers, snapshots on \"overlayfs\" snapshotter") {
            try await store.namespaces.delete("n")
        }
        #expect(try await store.namespaces.list().map(\.name) == ["n"])
    }

    @Test func `leases and ingests go with their namespace`() async throws {
        _ = try await store.leases.create(Lease(id: "l"), namespace: "n")
        _ = try await store.content.openIngest("r", scope: Scope(namespace: "n", lease: "l"))
        try await store.namespaces.delete("n")
        #expect(try await store.leases.list(filters: [], namespace: "n").isEmpty)
        #expect(try await store.content.ingestDirectories().isEmpty)
    }
}
