import ImageSpec
import Metadata
import Model
import TestKit
import Testing

struct ImageTableTests {
    let scratch: Scratch
    let events = EventRecorder()
    let store: MetadataStore

    init() throws {
        scratch = try Scratch()
        store = try scratch.open(events: events)
    }

    @Test func `an image is found as it was created`() async throws {
        let created = try await store.images.create(image("a", labels: ["l\"\n": "v\\é"]), namespace: "n")
        #expect(created.createdAt.seconds > 0 && created.createdAt == created.updatedAt)
        #expect(try await store.images.get("a", namespace: "n") == created)
        #expect(try await store.images.list(filters: [], namespace: "n") == [created])
        await expect(.notFound, "\"a\"") { _ = try await store.images.get("a", namespace: "other") }
    }

    @Test func `a name is given once in a namespace`() async throws {
        _ = try await store.images.create(image("a"), namespace: "n")
        await expect(.alreadyExists) { _ = try await store.images.create(image("a"), namespace: "n") }
        _ = try await store.images.create(image("a"), namespace: "m")
    }

    @Test func `an image without a name, size or media type is refused`() async throws {
        await expect(.invalidArgument) { _ = try await store.images.create(image(""), namespace: "n") }
        var empty = image("a")
        empty.target.size = 0
        await expect(.invalidArgument, "size") { _ = try await store.images.create(empty, namespace: "n") }
        empty = image("a")
        empty.target.mediaType = ""
        await expect(.invalidArgument, "media type") { _ = try await store.images.create(empty, namespace: "n") }
    }

    @Test func `labels beyond 4096 bytes are refused, empty ones are dropped`() async throws {
        let long = image("a", labels: ["k": String(repeating: "v", count: 4096)])
        await expect(.invalidArgument, "4097") { _ = try await store.images.create(long, namespace: "n") }
        let fits = image("a", labels: ["k": String(repeating: "v", count: 4095), "gone": ""])
        #expect(try await store.images.create(fits, namespace: "n").labels.keys.sorted() == ["k"])
    }

    @Test func `an update without paths replaces all`() async throws {
        let created = try await store.images.create(image("a", 1, labels: ["x": "1"]), namespace: "n")
        let updated = try await store.images.update(image("a", 2, labels: ["y": "2"]), .everything, namespace: "n")
        #expect(updated.labels == ["y": "2"] && updated.target.digest == digest(2))
        #expect(updated.createdAt == created.createdAt && updated.updatedAt > created.updatedAt)
        #expect(try await store.images.get("a", namespace: "n") == updated)
    }

    @Test func `an update replaces what its paths name`() async throws {
        _ = try await store.images.create(image("a", 1, labels: ["x": "1", "z": "3"]), namespace: "n")
        let change = image("a", 2, labels: ["x": "2", "y": "9"])
        var updated = try await store.images.update(change, FieldUpdate(paths: ["labels.x"]), namespace: "n")
        #expect(updated.labels == ["x": "2", "z": "3"] && updated.target.digest == digest(1))
        updated = try await store.images.update(change, FieldUpdate(paths: ["labels.z", "target"]), namespace: "n")
        #expect(updated.labels == ["x": "2"] && updated.target.digest == digest(2))
        await expect(.invalidArgument, "\"name\"") {
            _ = try await store.images.update(change, FieldUpdate(paths: ["name"]), namespace: "n")
        }
        await expect(.notFound) { _ = try await store.images.update(image("b"), .everything, namespace: "n") }
    }

    @Test func `a deleted image is gone`() async throws {
        _ = try await store.images.create(image("a"), namespace: "n")
        try await store.images.delete("a", namespace: "n")
        await expect(.notFound) { _ = try await store.images.get("a", namespace: "n") }
        await expect(.notFound) { try await store.images.delete("a", namespace: "n") }
    }

    @Test func `filters choose, and a broken one is refused`() async throws {
        for name in ["a", "b", "c"] { _ = try await store.images.create(image(name), namespace: "n") }
        let chosen = try await store.images.list(filters: ["name==a", "name==c"], namespace: "n")
        #expect(chosen.map(\.name) == ["a", "c"])
        await expect(.invalidArgument) { _ = try await store.images.list(filters: ["name="], namespace: "n") }
    }

    @Test func `changes are announced, failures are not`() async throws {
        _ = try await store.images.create(image("a", labels: ["l": "v"]), namespace: "n")
        _ = try? await store.images.create(image("a"), namespace: "n")
        _ = try await store.images.update(image("a"), .everything, namespace: "n")
        try await store.images.delete("a", namespace: "n")
        #expect(
            events.events == [
                .imageCreated(name: "a", labels: ["l": "v"]), .imageUpdated(name: "a", labels: [:]),
                .imageDeleted(name: "a"),
            ])
        #expect(events.namespaces == ["n", "n", "n"])
    }

    @Test func `a name with a zero byte is not taken for what stands before it`() async throws {
        _ = try await store.images.create(image("name"), namespace: "n")
        for name in ["name\0", "name\0other", "\0name"] {
            await expect(.invalidArgument, "zero bytes") { try await store.images.delete(name, namespace: "n") }
            await expect(.invalidArgument) { _ = try await store.images.get(name, namespace: "n") }
            await expect(.invalidArgument) { _ = try await store.images.create(image(name), namespace: "n") }
        }
        #expect(try await store.images.get("name", namespace: "n").name == "name")
    }
}
