import ImageSpec
import Metadata
import Model
import Testing

struct ContentTableTests {
    let scratch: Scratch
    let store: MetadataStore
    let scope = Scope(namespace: "n")

    init() throws {
        scratch = try Scratch()
        store = try scratch.open()
    }

    @Test func `a record belongs to its namespace, the blob to all`() async throws {
        let info = content(1, labels: ["a": "b"])
        try await store.content.add(info, scope: scope)
        #expect(try await store.content.find(digest(1), namespace: "n") == info)
        #expect(try await store.content.isKnown(digest(1)))
        await expect(.notFound) { _ = try await store.content.find(digest(1), namespace: "m") }
        await expect(.alreadyExists) { try await store.content.add(info, scope: scope) }
        try await store.content.add(info, scope: Scope(namespace: "m"))
        #expect(try await store.content.digests() == [digest(1)])

        #expect(try await store.content.remove(digest(1), namespace: "n") == false)
        #expect(try await store.content.remove(digest(1), namespace: "m") == true)
        #expect(try await !store.content.isKnown(digest(1)))
        await expect(.notFound) { _ = try await store.content.remove(digest(1), namespace: "n") }
    }

    @Test func `only labels are updated`() async throws {
        try await store.content.add(content(1, labels: ["a": "1", "b": "2"]), scope: scope)
        var change = content(1, labels: ["b": "3", "c": "4"])
        change.size = 99
        var updated = try await store.content.update(change, FieldUpdate(paths: ["labels.b"]), namespace: "n")
        #expect(updated.labels == ["a": "1", "b": "3"] && updated.size == 5)
        updated = try await store.content.update(change, .everything, namespace: "n")
        #expect(updated.labels == ["b": "3", "c": "4"] && updated.size == 5)
        #expect(try await store.content.find(digest(1), namespace: "n") == updated)
        await expect(.invalidArgument, "size") {
            _ = try await store.content.update(change, FieldUpdate(paths: ["size"]), namespace: "n")
        }
        await expect(.notFound) { _ = try await store.content.update(content(2), .everything, namespace: "n") }
    }

    @Test func `an ingest keeps its directory until it ends, and no other gets it`() async throws {
        let first = try await store.content.openIngest("r", scope: scope)
        #expect(try await store.content.openIngest("r", scope: scope) == first)
        let other = try await store.content.openIngest("r", scope: Scope(namespace: "m"))
        #expect(other != first)
        #expect(try await store.content.ingests(namespace: "n") == ["r": first])
        #expect(try await store.content.ingestDirectories() == [first, other])
        try await store.content.removeIngest("r", namespace: "n")
        await expect(.notFound, "\"r\"") { _ = try await store.content.findIngest("r", namespace: "n") }
        await expect(.notFound) { try await store.content.removeIngest("r", namespace: "n") }
        let again = try await store.content.openIngest("r", scope: scope)
        #expect(![first, other].contains(again))
        await expect(.invalidArgument) { _ = try await store.content.openIngest("", scope: scope) }
    }
}
