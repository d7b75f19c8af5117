import ImageSpec
import Logging
import Metadata
import Model
import Reclaim
import TestKit
import Testing

/// Bytes are not the matter here.
private struct NoBytes: ContentStore, Snapshotter {
    let name = "overlayfs"

    private var unused: Failure { Failure(.unimplemented, "not used here") }

    func sweep() async throws(Failure) {}
    func info(_ digest: Digest, in scope: Scope) async throws(Failure) -> ContentInfo { throw unused }
    func update(_ info: ContentInfo, _ update: FieldUpdate, in scope: Scope) async throws(Failure) -> ContentInfo {
        throw unused
    }
    func list(filters: [String], in scope: Scope) async throws(Failure) -> [ContentInfo] { throw unused }
    func delete(_ digest: Digest, in scope: Scope) async throws(Failure) { throw unused }
    func open(_ digest: Digest, in scope: Scope) async throws(Failure) -> any BlobReader { throw unused }
    func status(_ reference: String, in scope: Scope) async throws(Failure) -> IngestStatus { throw unused }
    func statuses(filters: [String], in scope: Scope) async throws(Failure) -> [IngestStatus] { throw unused }
    func abort(_ reference: String, in scope: Scope) async throws(Failure) { throw unused }
    func openWriter(
        _ reference: String, total: Int64, expected: Digest?, in scope: Scope
    ) async throws(Failure) -> any BlobWriter { throw unused }

    func stat(_ key: String, in scope: Scope) async throws(Failure) -> SnapshotInfo { throw unused }
    func update(_ info: SnapshotInfo, _ update: FieldUpdate, in scope: Scope) async throws(Failure) -> SnapshotInfo {
        throw unused
    }
    func usage(_ key: String, in scope: Scope) async throws(Failure) -> SnapshotUsage { throw unused }
    func mounts(_ key: String, in scope: Scope) async throws(Failure) -> [Mount] { throw unused }
    func prepare(
        _ key: String, parent: String, labels: [String: String], in scope: Scope
    ) async throws(Failure) -> [Mount] { throw unused }
    func view(
        _ key: String, parent: String, labels: [String: String], in scope: Scope
    ) async throws(Failure) -> [Mount] { throw unused }
    func commit(_ name: String, key: String, labels: [String: String], in scope: Scope) async throws(Failure) {
        throw unused
    }
    func remove(_ key: String, in scope: Scope) async throws(Failure) { throw unused }
    func list(filters: [String], in scope: Scope) async throws(Failure) -> [SnapshotInfo] { throw unused }
}

private func digest(_ number: Int) -> Digest {
    Digest(.sha256, bytes: (0..<32).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> (8 * $0)) : 0 })
}

private func blob(_ number: Int, refersTo others: [Int] = []) -> ContentInfo {
    let now = Timestamp.now()
    var labels: [String: String] = [:]
    for (index, other) in others.enumerated() {
        labels["containerd.io/gc.ref.content.\(index)"] = digest(other).description
    }
    return ContentInfo(digest: digest(number), size: 1, createdAt: now, updatedAt: now, labels: labels)
}

private func image(_ name: String, _ number: Int) -> ImageRecord {
    ImageRecord(name: name, target: Descriptor(mediaType: "m", digest: digest(number), size: 1))
}

/// The collector on the stores it is for.
struct CollectionTests {
    private func withStores(_ body: (MetadataStore, Collector) async throws -> Void) async throws {
        try await withScratchDirectory("reclaim") { directory in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let store = try MetadataStore(path: directory + "/metadata.db", events: EventRecorder())
            let collector = Collector(
                reclaimable: store.reclaimable, content: NoBytes(), snapshotters: [NoBytes()], logger: logger,
                delay: .milliseconds(1))
            try await body(store, collector)
        }
    }

    @Test func `a deleted image takes its content and snapshots with it, others keep theirs`() async throws {
        try await withStores { store, collector in
            let scope = Scope(namespace: "n")
            try await store.content.add(blob(1, refersTo: [2, 3]), scope: scope)
            for number in 2...3 { try await store.content.add(blob(number), scope: scope) }
            try await store.content.add(blob(4, refersTo: [3]), scope: scope)
            _ = try await store.images.create(image("a", 1), namespace: "n")
            _ = try await store.images.create(image("b", 4), namespace: "n")
            try await collector.collect()
            #expect(try await store.content.digests() == Set((1...4).map(digest)))
            try await store.images.delete("a", namespace: "n")
            try await collector.collect()
            #expect(try await store.content.digests() == [digest(3), digest(4)])
        }
    }

    @Test func `a lease that expires on an idle daemon lets go`() async throws {
        try await withStores { store, _ in
            let label = ["containerd.io/gc.expire": Timestamp.now().rfc3339]
            _ = try await store.leases.create(Lease(id: "l", labels: label), namespace: "n")
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline, try await !store.leases.list(filters: [], namespace: "n").isEmpty {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(try await store.leases.list(filters: [], namespace: "n").isEmpty)
        }
    }

    @Test func `pulls under leases lose nothing to collections beside them`() async throws {
        try await withStores { store, collector in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for round in 0..<15 {
                            let first = 1000 * worker + 10 * round
                            let scope = Scope(namespace: "n", lease: "l\(first)")
                            _ = try await store.leases.create(Lease(id: "l\(first)"), namespace: "n")
                            for number in first + 1...first + 3 {
                                try await store.content.add(blob(number), scope: scope)
                            }
                            try await store.content.add(
                                blob(first, refersTo: Array(first + 1...first + 3)), scope: scope)
                            _ = try await store.images.create(image("i\(first)", first), namespace: "n")
                            try await store.leases.delete("l\(first)", namespace: "n")
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<40 { try await collector.collect() }
                }
                try await group.waitForAll()
            }
            try await collector.collect()
            #expect(try await store.images.list(filters: [], namespace: "n").count == 60)
            #expect(try await store.content.digests().count == 240)
            for image in try await store.images.list(filters: [], namespace: "n") {
                try await store.images.delete(image.name, namespace: "n")
            }
            try await collector.collect()
            #expect(try await store.content.digests().isEmpty)
        }
    }

    @Test(arguments: 0..<40)
    func `what is left is what a naive reading of the records reaches`(seed: UInt64) async throws {
        try await withStores { store, collector in
            var random = SeededGenerator(state: seed)
            let scope = Scope(namespace: "n")
            let count = Int.random(in: 1...25, using: &random)
            var references: [Int: [Int]] = [:]
            for number in 0..<count {
                references[number] = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                    Int.random(in: 0..<count, using: &random)
                }
                try await store.content.add(blob(number, refersTo: references[number]!), scope: scope)
            }
            let named = (0..<count).filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
            for number in named { _ = try await store.images.create(image("i\(number)", number), namespace: "n") }
            let leased = (0..<count).filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
            let isFlat = Bool.random(using: &random)
            _ = try await store.leases.create(
                Lease(id: "l", labels: isFlat ? ["containerd.io/gc.flat": "1"] : [:]), namespace: "n")
            for number in leased {
                try await store.leases.add(
                    LeaseResource(id: digest(number).description, type: "content"), to: "l", namespace: "n")
            }
            var followed = Set(isFlat ? named : named + leased)
            for _ in 0..<count {
                for number in followed { followed.formUnion(references[number]!) }
            }
            try await collector.collect()
            #expect(
                try await store.content.digests() == Set(followed.union(leased).map(digest)), "seed \(seed)")
        }
    }
}
