import Content
import Glibc
import ImageSpec
import Model
import TestKit
import Testing

struct LocalContentStoreTests {
    private let scope = Scope(namespace: "default")

    private func withStore(
        _ body: (LocalContentStore, MemoryContentRecords, EventRecorder, String) async throws -> Void
    ) async throws {
        try await withScratchDirectory("content") { path in
            let records = MemoryContentRecords()
            let events = EventRecorder()
            let store = try LocalContentStore(directory: path + "/content", records: records, events: events)
            try await body(store, records, events, path + "/content")
        }
    }

    private func put(_ text: String, in store: LocalContentStore) async throws -> Digest {
        let writer = try await store.openWriter(text, total: 0, expected: nil, in: scope)
        try await writer.append(Array(text.utf8))
        return try await writer.commit(size: 0, expected: nil, labels: [:])
    }

    @Test(arguments: ContentStoreConformance.allCases)
    func `the local store conforms`(_ conformance: ContentStoreConformance) async throws {
        try await withStore { store, _, _, _ in try await conformance.run(on: store) }
    }

    @Test func `nobody but the owner can look into the store`() async throws {
        try await withStore { store, _, _, path in
            let writer = try await store.openWriter("ref", total: 0, expected: nil, in: scope)
            _ = try await put("blob", in: store)
            for directory in ["", "/blobs", "/blobs/sha256", "/ingest", "/ingest/1"] {
                #expect(mode(path + directory) == 0o700, "\(directory)")
            }
            await writer.close()
        }
    }

    @Test func `the last deletion removes the file`() async throws {
        try await withStore { store, _, events, path in
            let digest = try await put("blob", in: store)
            let file = path + "/blobs/sha256/" + digest.encoded
            #expect(access(file, F_OK) == 0)
            try await store.delete(digest, in: scope)
            #expect(access(file, F_OK) != 0)
            #expect(
                events.events == [
                    .contentCreated(digest: digest.description, size: 4), .contentDeleted(digest: digest.description),
                ])
        }
    }

    @Test func `the sweep removes a blob whose record never came`() async throws {
        try await withStore { store, records, _, path in
            let kept = try await put("kept", in: store)
            await records.failNextAdd(Failure(.internal, "the power fails"))
            await expectFailure(.internal) { () async throws(Failure) in
                let writer = try await store.openWriter("lost", total: 0, expected: nil, in: scope)
                try await writer.append(Array("lost".utf8))
                _ = try await writer.commit(size: 0, expected: nil, labels: [:])
            }
            #expect(names(path + "/blobs/sha256").count == 2)
            try await store.sweep()
            #expect(names(path + "/blobs/sha256") == [kept.encoded])
        }
    }

    @Test func `the sweep removes ingests that no record names and keeps open ones`() async throws {
        try await withStore { store, _, _, path in
            let writer = try await store.openWriter("open", total: 0, expected: nil, in: scope)
            try await writer.append([1, 2, 3])
            #expect(mkdir(path + "/ingest/stray", 0o700) == 0)
            try await store.sweep()
            #expect(names(path + "/ingest") == ["1"])
            _ = try await writer.commit(size: 3, expected: nil, labels: [:])
            #expect(names(path + "/ingest").isEmpty)
        }
    }

    @Test func `an ingest survives the death of the supervisor`() async throws {
        try await withScratchDirectory("content") { path in
            let records = MemoryContentRecords()
            let expected = Digest("sha256:bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721")!
            do {
                let store = try LocalContentStore(directory: path, records: records, events: EventRecorder())
                let writer = try await store.openWriter("ref", total: 6, expected: expected, in: scope)
                try await writer.append(Array("abc".utf8))
            }
            let store = try LocalContentStore(directory: path, records: records, events: EventRecorder())
            let status = try await store.status("ref", in: scope)
            #expect(status.offset == 3 && status.total == 6 && status.expected == expected)
            let writer = try await store.openWriter("ref", total: 0, expected: nil, in: scope)
            try await writer.append(Array("def".utf8))
            #expect(try await writer.commit(size: 6, expected: nil, labels: [:]) == expected)
        }
    }

    @Test func `a commit after an abort says that the ingest is gone`() async throws {
        try await withStore { store, _, _, _ in
            let writer = try await store.openWriter("ref", total: 0, expected: nil, in: scope)
            try await writer.append([1])
            try await store.abort("ref", in: scope)
            await expectFailure(.notFound) { () async throws(Failure) in
                _ = try await writer.commit(size: 0, expected: nil, labels: [:])
            }
            #expect(try await store.list(filters: [], in: scope).isEmpty)
        }
    }

    @Test func `commits and deletions of one blob at once leave file and record agreeing`() async throws {
        try await withStore { store, records, _, path in
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        let scope = Scope(namespace: "n\(worker)")
                        for round in 0..<25 {
                            let writer = try? await store.openWriter("\(round)", total: 0, expected: nil, in: scope)
                            try? await writer?.append(Array("same".utf8))
                            let digest = try? await writer?.commit(size: 0, expected: nil, labels: [:])
                            if let digest, (worker + round) % 3 != 0 { try? await store.delete(digest, in: scope) }
                        }
                    }
                }
            }
            let known = await records.digests()
            #expect(Set(names(path + "/blobs/sha256")) == Set(known.map(\.encoded)))
        }
    }

    @Test(.needsRoot) func `a full disk is told apart and loses nothing`() async throws {
        try await withScratchDirectory("content-full") { path in
            try await withSmallDisk(at: path, bytes: 1 << 20) {
                let records = MemoryContentRecords()
                let store = try LocalContentStore(
                    directory: path + "/content", records: records, events: EventRecorder())
                let writer = try await store.openWriter("big", total: 0, expected: nil, in: scope)
                try await writer.append([UInt8](repeating: 1, count: 100_000))
                let failure = await expectFailure(.resourceExhausted) { () async throws(Failure) in
                    try await writer.append([UInt8](repeating: 2, count: 2 << 20))
                }
                #expect(failure?.message.contains("\"1/data\"") == true)
                #expect(try await writer.status().offset == 100_000)
                let digest = try await writer.commit(size: 100_000, expected: nil, labels: [:])
                #expect(try await store.open(digest, in: scope).size == 100_000)
            }
        }
    }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
