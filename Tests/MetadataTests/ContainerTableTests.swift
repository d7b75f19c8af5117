import Metadata
import Model
import TestKit
import Testing

struct ContainerTableTests {
    let scratch: Scratch
    let events = EventRecorder()
    let store: MetadataStore

    init() throws {
        scratch = try Scratch()
        store = try scratch.open(events: events)
    }

    @Test func `a container is found as it was created, bytes and all`() async throws {
        let created = try await store.containers.create(container("c", labels: ["a": "b"]), namespace: "n")
        var expected = container("c", labels: ["a": "b"])
        expected.createdAt = created.createdAt
        expected.updatedAt = created.createdAt
        #expect(created == expected)
        #expect(try await store.containers.get("c", namespace: "n") == expected)
        #expect(try await store.containers.list(filters: ["labels.a==b"], namespace: "n") == [expected])
        await expect(.alreadyExists) { _ = try await store.containers.create(container("c"), namespace: "n") }
    }

    @Test(arguments: ["", "a/b", "..", ".a", "a..b", String(repeating: "x", count: 77)])
    func `an id that breaks the rule is refused`(id: String) async {
        await expect(.invalidArgument) { _ = try await store.containers.create(container(id), namespace: "n") }
    }

    @Test func `a namespace that breaks the rule is refused`() async {
        await expect(.invalidArgument) { _ = try await store.containers.create(container("c"), namespace: "a/b") }
    }

    @Test func `spec, runtime and snapshotter must be given`() async {
        var bare = container("c")
        bare.spec = nil
        await expect(.invalidArgument, "spec") { _ = try await store.containers.create(bare, namespace: "n") }
        bare = container("c")
        bare.runtime.name = ""
        await expect(.invalidArgument, "runtime") { _ = try await store.containers.create(bare, namespace: "n") }
        bare = container("c")
        bare.snapshotter = ""
        await expect(.invalidArgument, "snapshotter") { _ = try await store.containers.create(bare, namespace: "n") }
    }

    @Test func `an update without paths keeps what cannot change`() async throws {
        let created = try await store.containers.create(container("c"), namespace: "n")
        var change = container("c", labels: ["new": "1"])
        change.image = "other"
        change.extensions = [:]
        change.sandbox = "elsewhere"
        let updated = try await store.containers.update(change, .everything, namespace: "n")
        #expect(updated.labels == ["new": "1"] && updated.image == "other" && updated.extensions.isEmpty)
        #expect(updated.sandbox == "pod" && updated.createdAt == created.createdAt)
        #expect(try await store.containers.get("c", namespace: "n") == updated)

        change.snapshotter = "native"
        await expect(.invalidArgument, "snapshotter") {
            _ = try await store.containers.update(change, .everything, namespace: "n")
        }
        change = container("c")
        change.runtime.name = "other"
        await expect(.invalidArgument, "runtime") {
            _ = try await store.containers.update(change, .everything, namespace: "n")
        }
    }

    @Test func `an update replaces what its paths name`() async throws {
        _ = try await store.containers.create(container("c", labels: ["a": "1"]), namespace: "n")
        var change = container("c", labels: ["b": "2"])
        change.extensions = ["z": TypedPayload(typeURL: "z", value: [])]
        change.snapshotKey = "other"
        let paths = ["labels.b", "extensions.z", "extensions.x", "snapshotkey"]
        let updated = try await store.containers.update(change, FieldUpdate(paths: paths), namespace: "n")
        #expect(updated.labels == ["a": "1", "b": "2"] && updated.snapshotKey == "other")
        #expect(updated.extensions.keys.sorted() == ["y", "z"])
        for path in ["runtime", "snapshotter", "created_at", "labelsx"] {
            await expect(.invalidArgument, path) {
                _ = try await store.containers.update(change, FieldUpdate(paths: [path]), namespace: "n")
            }
        }
    }

    @Test func `a deleted container is gone`() async throws {
        _ = try await store.containers.create(container("c"), namespace: "n")
        try await store.containers.delete("c", namespace: "n")
        await expect(.notFound, "\"c\"") { _ = try await store.containers.get("c", namespace: "n") }
        await expect(.notFound) { try await store.containers.delete("c", namespace: "n") }
        let runtime = container("c").runtime
        #expect(
            events.events == [
                .containerCreated(id: "c", image: "img", runtime: runtime), .containerDeleted(id: "c"),
            ])
    }

    @Test func `of many who create one name at once, one succeeds`() async throws {
        let successes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { (try? await store.containers.create(container("c"), namespace: "n")) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(successes == 1)
    }

    @Test func `a sandbox is stored, updated and deleted`() async throws {
        let sandbox = SandboxRecord(
            id: "s", runtime: ContainerRecord.Runtime(name: "r"), spec: TypedPayload(typeURL: "t", value: [1]),
            labels: ["a": "b"], extensions: ["e": TypedPayload(typeURL: "u", value: [2])], sandboxer: "shim")
        var created = try await store.sandboxes.create(sandbox, namespace: "n")
        #expect(try await store.sandboxes.get("s", namespace: "n") == created)
        await expect(.alreadyExists) { _ = try await store.sandboxes.create(sandbox, namespace: "n") }
        created.labels = ["c": "d"]
        let updated = try await store.sandboxes.update(created, FieldUpdate(paths: ["labels"]), namespace: "n")
        #expect(updated.labels == ["c": "d"] && updated.extensions == sandbox.extensions)
        #expect(try await store.sandboxes.list(filters: ["labels.c==d"], namespace: "n") == [updated])
        try await store.sandboxes.delete("s", namespace: "n")
        await expect(.notFound) { _ = try await store.sandboxes.get("s", namespace: "n") }
    }
}
