internal import ImageSpec
package import Model
internal import Testing

/// What every content store must do. A suite runs each case on a fresh, empty store.
package enum ContentStoreConformance: String, CaseIterable, Sendable {
    case committed = "a committed blob reads back under its digest"
    case empty = "an empty blob may be committed"
    case ranges = "reads begin anywhere and end with the blob"
    case wrongDigest = "a commit under another digest is refused"
    case wrongSize = "a commit of another size is refused"
    case resumed = "a dropped writer's bytes are found by the next one"
    case truncated = "an ingest may be cut and go on from there"
    case locked = "a reference has one writer at a time"
    case expectedKnown = "a writer for a blob that is there is refused"
    case committedTwice = "a second commit of the same bytes is refused and ends its ingest"
    case isolated = "another namespace does not see a blob"
    case shared = "another namespace takes a blob over without its bytes"
    case sharedRewritten = "a blob offered for taking over may be sent all the same"
    case lastDeleted = "a blob stays for others until the last namespace deletes it"
    case aborted = "an aborted ingest is gone"
    case statuses = "ingests are listed with their progress"
    case labels = "labels are set with the commit and replaced by an update"
    case filtered = "a list obeys its filters"
    case readerOutlives = "an open reader outlives the deletion of its blob"
    case closedWriter = "a closed writer takes no bytes"
    case sha512 = "a blob may be addressed by SHA-512"

    private static let here = Scope(namespace: "default")
    private static let there = Scope(namespace: "other")

    package func run(on store: any ContentStore) async throws {
        switch self {
        case .committed, .empty, .ranges, .readerOutlives, .sha512: try await runReading(store)
        case .wrongDigest, .wrongSize, .committedTwice, .expectedKnown, .closedWriter: try await runRefusals(store)
        case .resumed, .truncated, .locked, .aborted, .statuses: try await runIngests(store)
        case .isolated, .shared, .sharedRewritten, .lastDeleted: try await runNamespaces(store)
        case .labels, .filtered: try await runRecords(store)
        }
    }

    private func runReading(_ store: any ContentStore) async throws {
        let text = [UInt8]("a blob of some bytes".utf8)
        switch self {
        case .empty:
            let digest = try await put([], in: store)
            #expect(digest.encoded.hasPrefix("e3b0c44298fc1c14"))
            #expect(try await store.open(digest, in: Self.here).size == 0)
        case .ranges:
            let reader = try await store.open(try await put(text, in: store), in: Self.here)
            #expect(try reader.read(at: 2, count: 4) == Array(text[2..<6]))
            #expect(try reader.read(at: 15, count: 100) == Array(text[15...]))
            #expect(try reader.read(at: 500, count: 1).isEmpty)
        case .readerOutlives:
            let digest = try await put(text, in: store)
            let reader = try await store.open(digest, in: Self.here)
            try await store.delete(digest, in: Self.here)
            #expect(try reader.read(at: 0, count: 100) == text)
        case .sha512:
            let expected = Digest(
                "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")!
            let writer = try await store.openWriter("long", total: 3, expected: expected, in: Self.here)
            try await writer.append(Array("abc".utf8))
            #expect(try await writer.commit(size: 3, expected: expected, labels: [:]) == expected)
            #expect(try await store.open(expected, in: Self.here).size == 3)
        default:
            let digest = try await put(text, in: store)
            let info = try await store.info(digest, in: Self.here)
            #expect(info.size == Int64(text.count))
            #expect(try await store.open(digest, in: Self.here).read(at: 0, count: 100) == text)
        }
    }

    private func runRefusals(_ store: any ContentStore) async throws {
        let bytes = [UInt8]("refused".utf8)
        let foreign = Digest(.sha256, bytes: [UInt8](repeating: 7, count: 32))
        switch self {
        case .wrongDigest, .wrongSize:
            let writer = try await store.openWriter("ref", total: 0, expected: nil, in: Self.here)
            try await writer.append(bytes)
            await expectFailure(.failedPrecondition) { () async throws(Failure) in
                _ = try await writer.commit(
                    size: self == .wrongSize ? 3 : 0, expected: self == .wrongDigest ? foreign : nil, labels: [:])
            }
            await writer.close()
            #expect(try await store.list(filters: [], in: Self.here).isEmpty)
            #expect(try await store.status("ref", in: Self.here).offset == Int64(bytes.count))
        case .committedTwice:
            let digest = try await put(bytes, in: store)
            let writer = try await store.openWriter("again", total: 0, expected: nil, in: Self.here)
            try await writer.append(bytes)
            await expectFailure(.alreadyExists) { () async throws(Failure) in
                _ = try await writer.commit(size: 0, expected: digest, labels: [:])
            }
            #expect(try await store.statuses(filters: [], in: Self.here).isEmpty)
            #expect(try await store.open(digest, in: Self.here).size == Int64(bytes.count))
        case .closedWriter:
            let writer = try await store.openWriter("ref", total: 0, expected: nil, in: Self.here)
            await writer.close()
            await expectFailure(.failedPrecondition) { () async throws(Failure) in try await writer.append(bytes) }
        default:
            let digest = try await put(bytes, in: store)
            await expectFailure(.alreadyExists) { () async throws(Failure) in
                _ = try await store.openWriter("again", total: 0, expected: digest, in: Self.here)
            }
        }
    }

    private func runIngests(_ store: any ContentStore) async throws {
        let first = try await store.openWriter("ref", total: 6, expected: nil, in: Self.here)
        try await first.append(Array("abcX".utf8))
        switch self {
        case .resumed:
            await first.close()
            let second = try await store.openWriter("ref", total: 6, expected: nil, in: Self.here)
            #expect(try await second.status().offset == 4)
            try await second.append(Array("YZ".utf8))
            let digest = try await second.commit(size: 6, expected: nil, labels: [:])
            #expect(try await store.open(digest, in: Self.here).read(at: 0, count: 9) == Array("abcXYZ".utf8))
        case .truncated:
            try await first.truncate(to: 3)
            try await first.append(Array("def".utf8))
            let digest = try await first.commit(size: 6, expected: nil, labels: [:])
            #expect(digest.encoded == "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721")
        case .locked:
            await expectFailure(.unavailable) { () async throws(Failure) in
                _ = try await store.openWriter("ref", total: 0, expected: nil, in: Self.here)
            }
            let other = try await store.openWriter("ref", total: 0, expected: nil, in: Self.there)
            await other.close()
        case .aborted:
            await first.close()
            try await store.abort("ref", in: Self.here)
            await expectFailure(.notFound) { () async throws(Failure) in
                _ = try await store.status("ref", in: Self.here)
            }
            let second = try await store.openWriter("ref", total: 6, expected: nil, in: Self.here)
            #expect(try await second.status().offset == 0)
        default:
            let status = try #require(try await store.statuses(filters: ["ref==ref"], in: Self.here).first)
            #expect(status.reference == "ref" && status.offset == 4 && status.total == 6)
            #expect(try await store.statuses(filters: [], in: Self.there).isEmpty)
        }
    }

    private func runNamespaces(_ store: any ContentStore) async throws {
        let bytes = [UInt8]("to be shared".utf8)
        let digest = try await put(bytes, in: store)
        switch self {
        case .isolated:
            await expectFailure(.notFound) { () async throws(Failure) in
                _ = try await store.open(digest, in: Self.there)
            }
        case .shared, .sharedRewritten:
            let writer = try await store.openWriter("take", total: 0, expected: digest, in: Self.there)
            #expect(try await writer.status().offset == Int64(bytes.count))
            if self == .sharedRewritten {
                try await writer.truncate(to: 0)
                try await writer.append(bytes)
            }
            _ = try await writer.commit(size: Int64(bytes.count), expected: digest, labels: [:])
            #expect(try await store.open(digest, in: Self.there).read(at: 0, count: 99) == bytes)
            #expect(try await store.statuses(filters: [], in: Self.there).isEmpty)
        default:
            let writer = try await store.openWriter("take", total: 0, expected: digest, in: Self.there)
            _ = try await writer.commit(size: 0, expected: digest, labels: [:])
            try await store.delete(digest, in: Self.here)
            #expect(try await store.open(digest, in: Self.there).read(at: 0, count: 99) == bytes)
            try await store.delete(digest, in: Self.there)
            await expectFailure(.notFound) { () async throws(Failure) in
                try await store.delete(digest, in: Self.there)
            }
        }
    }

    private func runRecords(_ store: any ContentStore) async throws {
        let digest = try await put(Array("labelled".utf8), in: store, labels: ["a": "1", "b": "2"])
        var info = try await store.info(digest, in: Self.here)
        #expect(info.labels == ["a": "1", "b": "2"])
        if self == .filtered {
            _ = try await put(Array("plain".utf8), in: store)
            #expect(try await store.list(filters: ["labels.a==1"], in: Self.here).map(\.digest) == [digest])
            #expect(try await store.list(filters: [], in: Self.here).count == 2)
        } else {
            info.labels = ["c": "3"]
            #expect(try await store.update(info, .everything, in: Self.here).labels == ["c": "3"])
            #expect(try await store.info(digest, in: Self.here).labels == ["c": "3"])
        }
    }

    private func put(
        _ bytes: [UInt8], in store: any ContentStore, labels: [String: String] = [:]
    ) async throws -> Digest {
        let writer = try await store.openWriter(
            "put-\(bytes.count)-\(bytes.first ?? 0)", total: Int64(bytes.count), expected: nil, in: Self.here)
        if !bytes.isEmpty { try await writer.append(bytes) }
        return try await writer.commit(size: Int64(bytes.count), expected: nil, labels: labels)
    }
}

extension ContentStoreConformance: CustomTestStringConvertible {
    package var testDescription: String { rawValue }
}
