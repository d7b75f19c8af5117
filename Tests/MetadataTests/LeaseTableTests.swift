import ImageSpec
import Metadata
import Model
import Testing

struct LeaseTableTests {
    let scratch: Scratch
    let store: MetadataStore
    let scope = Scope(namespace: "n", lease: "l")

    init() throws {
        scratch = try Scratch()
        store = try scratch.open()
    }

    private func held() async throws -> [String] {
        try await store.leases.resources(of: "l", namespace: "n").map { "\($0.type) \($0.id)" }
    }

    @Test func `a lease is created, listed and deleted`() async throws {
        let lease = try await store.leases.create(Lease(id: "l", labels: ["a": "b"]), namespace: "n")
        #expect(lease.createdAt.seconds > 0)
        #expect(try await store.leases.list(filters: ["labels.a==b"], namespace: "n") == [lease])
        #expect(try await store.leases.list(filters: [], namespace: "m").isEmpty)
        await expect(.alreadyExists) { _ = try await store.leases.create(Lease(id: "l"), namespace: "n") }
        await expect(.invalidArgument) { _ = try await store.leases.create(Lease(id: ""), namespace: "n") }
        try await store.leases.delete("l", namespace: "n")
        await expect(.notFound, "lease \"l\"") { try await store.leases.delete("l", namespace: "n") }
    }

    @Test func `resources are added and removed`() async throws {
        _ = try await store.leases.create(Lease(id: "l"), namespace: "n")
        let resources = [
            LeaseResource(id: digest(1).description, type: "content"), LeaseResource(id: "r", type: "ingests"),
            LeaseResource(id: "k", type: "snapshots/overlay"),
        ]
        for resource in resources + resources { try await store.leases.add(resource, to: "l", namespace: "n") }
        #expect(try await held() == ["content \(digest(1))", "ingests r", "snapshots/overlayfs k"])
        for resource in resources { try await store.leases.remove(resource, from: "l", namespace: "n") }
        #expect(try await held().isEmpty)
        await expect(.notFound) { try await store.leases.add(resources[0], to: "x", namespace: "n") }
        await expect(.notFound) { try await store.leases.remove(resources[0], from: "x", namespace: "n") }
        await expect(.notFound) { _ = try await store.leases.resources(of: "x", namespace: "n") }
    }

    @Test(arguments: [
        ("content", "no-digest", Failure.Code.invalidArgument), ("snapshots", "k", .invalidArgument),
        ("snapshots/", "k", .invalidArgument), ("snapshots/overlayfs/x", "k", .invalidArgument),
        ("content/x", "k", .invalidArgument), ("tasks", "k", .unimplemented), ("", "", .unimplemented),
        ("ingests", "", .invalidArgument),
    ])
    func `a resource of an unknown kind is refused`(type: String, id: String, code: Failure.Code) async throws {
        _ = try await store.leases.create(Lease(id: "l"), namespace: "n")
        await expect(code) {
            try await store.leases.add(LeaseResource(id: id, type: type), to: "l", namespace: "n")
        }
    }

    @Test func `what is made within a scope belongs to its lease`() async throws {
        _ = try await store.leases.create(Lease(id: "l"), namespace: "n")
        _ = try await store.content.openIngest("r", scope: scope)
        #expect(try await held() == ["ingests r"])
        try await store.content.add(content(1), scope: scope)
        try await store.content.removeIngest("r", namespace: "n")
        #expect(try await held() == ["content \(digest(1))"])
        try await store.snapshots.add(
            number: 1, key: "active", parent: "", kind: .active, labels: [:], snapshotter: "overlayfs", scope: scope)
        try await store.snapshots.commit(
            key: "active", name: "done", labels: [:], usage: SnapshotUsage(size: 0, inodes: 0),
            snapshotter: "overlayfs", scope: scope)
        #expect(try await held() == ["content \(digest(1))", "snapshots/overlayfs done"])
    }

    @Test func `what exists already is added to the lease all the same`() async throws {
        _ = try await store.leases.create(Lease(id: "l"), namespace: "n")
        let bare = Scope(namespace: "n")
        try await store.content.add(content(1), scope: bare)
        await expect(.alreadyExists) { try await store.content.add(content(1), scope: scope) }
        try await store.snapshots.add(
            number: 1, key: "k", parent: "", kind: .active, labels: [:], snapshotter: "overlayfs", scope: bare)
        await expect(.alreadyExists) {
            try await store.snapshots.add(
                number: 2, key: "k", parent: "", kind: .active, labels: [:], snapshotter: "overlayfs", scope: scope)
        }
        #expect(try await held() == ["content \(digest(1))", "snapshots/overlayfs k"])
    }

    @Test func `an unknown lease makes nothing`() async throws {
        await expect(.notFound, "lease") { try await store.content.add(content(1), scope: scope) }
        await expect(.notFound, "lease") { _ = try await store.content.openIngest("r", scope: scope) }
        await expect(.notFound, "lease") {
            try await store.snapshots.add(
                number: 1, key: "k", parent: "", kind: .active, labels: [:], snapshotter: "overlayfs", scope: scope)
        }
        #expect(try await store.content.list(namespace: "n").isEmpty)
        #expect(try await store.namespaces.list().isEmpty)
    }
}
