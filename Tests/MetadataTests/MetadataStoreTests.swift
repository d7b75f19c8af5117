import GRDB
import Glibc
import Metadata
import Model
import TestKit
import Testing

struct MetadataStoreTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    @Test func `records are there for the next process`() async throws {
        do {
            let store = try scratch.open()
            _ = try await store.containers.create(container("c"), namespace: "n")
            _ = try await store.namespaces.create(NamespaceRecord(name: "m", labels: ["a": "b"]))
        }
        let store = try scratch.open()
        #expect(try await store.containers.get("c", namespace: "n").spec == container("c").spec)
        #expect(try await store.namespaces.list().map(\.name) == ["m", "n"])
    }

    @Test func `what was committed survives a process that is killed`() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.database as String] in
            let store = try MetadataStore(path: path, events: EventRecorder())
            // More than a checkpoint's worth, so that some of it is in the database and some in the log.
            for number in 0..<600 {
                try await store.snapshots.add(
                    number: try await store.snapshots.reserveNumber(), key: "\(number)", parent: "", kind: .active,
                    labels: [:], snapshotter: "overlayfs", scope: Scope(namespace: "n"))
            }
            kill(getpid(), SIGKILL)
        }
        let store = try scratch.open()
        #expect(try await store.snapshots.list(snapshotter: "overlayfs", namespace: "n").count == 600)
    }

    @Test func `every commit is in the files before the next begins`() async throws {
        let store = try scratch.open()
        for round in 1...5 {
            _ = try await store.containers.create(container("c\(round)"), namespace: "n")
            let copy = "\(scratch.directory)/copy\(round).db"
            for suffix in ["", "-wal"] { try copyFile(scratch.database + suffix, copy + suffix) }
            let found = try MetadataStore(path: copy, events: EventRecorder())
            #expect(try await found.containers.list(filters: [], namespace: "n").count == round)
        }
    }

    private func copyFile(_ from: String, _ to: String) throws {
        let source = try #require(fopen(from, "r"))
        defer { fclose(source) }
        var bytes = [UInt8](repeating: 0, count: 16 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, source))
        try write(bytes, to: to)
    }

    @Test func `many who wait for durability at once all return`() async throws {
        let store = try scratch.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask { _ = try await store.containers.create(container("c\(number)"), namespace: "n") }
            }
            try await group.waitForAll()
        }
        #expect(try await store.containers.list(filters: [], namespace: "n").count == 200)
    }

    @Test func `a file that is no database is named`() throws {
        try write(Array("this is not a database, but long enough to look like one".utf8), to: scratch.database)
        let failure = try #require(throws: Failure.self) { try scratch.open() }
        #expect(failure.code == .dataLoss)
        #expect(failure.message.contains(scratch.database), "\(failure.message)")
    }

    @Test func `a damaged table is named`() async throws {
        do {
            let store = try scratch.open()
            for number in 0..<300 {
                _ = try await store.images.create(image("i\(number)"), namespace: "n")
            }
        }
        let file = try #require(fopen(scratch.database, "r+"))
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        fseek(file, 4096 * 16, SEEK_SET)
        let zeros = [UInt8](repeating: 0xFF, count: size - 4096 * 16)
        fwrite(zeros, 1, zeros.count, file)
        fclose(file)
        let failure = await #expect(throws: Failure.self) {
            let store = try scratch.open()
            _ = try await store.images.list(filters: [], namespace: "n")
        }
        #expect(failure?.code == .dataLoss)
        #expect(failure?.message.contains(scratch.database) ?? false, "\(failure?.message ?? "")")
    }

    @Test func `a database of a newer version is refused and left alone`() throws {
        _ = try scratch.open()
        do {
            let queue = try DatabaseQueue(path: scratch.database)
            try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99: from the future')") }
        }
        let failure = try #require(throws: Failure.self) { try scratch.open() }
        #expect(failure.code == .failedPrecondition)
        #expect(failure.message.contains("newer") && failure.message.contains(scratch.database), "\(failure.message)")
    }

    @Test(arguments: ["/proc/metadata.db", "/nowhere/at/all/metadata.db", "/proc/version"])
    func `a place that cannot be written to is named`(path: String) throws {
        let failure = try #require(throws: Failure.self) { try MetadataStore(path: path, events: EventRecorder()) }
        #expect(failure.message.contains(path), "\(failure.message)")
        #expect([.failedPrecondition, .permissionDenied, .dataLoss].contains(failure.code), "\(failure.code)")
    }

    @Test(.needsRoot) func `a full disk refuses what needs room and still deletes`() async throws {
        try await withSmallDisk(at: scratch.directory, bytes: 4 << 20) {
            let store = try scratch.open()
            var spec = container("c")
            spec.spec = TypedPayload(typeURL: "spec", value: Array(repeating: 7, count: 20_000))
            var created = 0
            var failure: Failure?
            while failure == nil, created < 1000 {
                var next = spec
                next.id = "c\(created)"
                do throws(Failure) {
                    _ = try await store.containers.create(next, namespace: "n")
                    created += 1
                } catch {
                    failure = error
                }
            }
            #expect(failure?.code == .resourceExhausted, "\(failure?.message ?? "")")
            #expect(created > 20)
            #expect(try await store.containers.list(filters: [], namespace: "n").count == created)
            for number in 0..<created { try await store.containers.delete("c\(number)", namespace: "n") }
            _ = try await store.containers.create(spec, namespace: "n")
        }
    }
}
