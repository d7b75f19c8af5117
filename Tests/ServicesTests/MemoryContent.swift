import ImageSpec
import Model
import Synchronization

/// A content store of one namespace in memory, as simple as the protocol allows. The digest of a blob is whatever
/// its writer was told to expect, or `given`.
final class MemoryContent: ContentStore {
    static let given = Digest(.sha256, bytes: [UInt8](repeating: 7, count: 32))

    struct State {
        var blobs: [Digest: [UInt8]] = [:]
        var ingests: [String: [UInt8]] = [:]
        var open: Set<String> = []
    }

    let state: Mutex<State> = Mutex(State())

    func info(_ digest: Digest, in scope: Scope) async throws(Failure) -> ContentInfo {
        guard let blob = state.withLock({ $0.blobs[digest] }) else { throw .notFound("content", "\(digest)") }
        return ContentInfo(
            digest: digest, size: Int64(blob.count), createdAt: Timestamp(seconds: 1), updatedAt: Timestamp(seconds: 1))
    }

    func update(_ info: ContentInfo, _ update: FieldUpdate, in scope: Scope) async throws(Failure) -> ContentInfo {
        info
    }

    func list(filters: [String], in scope: Scope) async throws(Failure) -> [ContentInfo] {
        state.withLock { state in
            state.blobs.map {
                ContentInfo(
                    digest: $0, size: Int64($1.count), createdAt: Timestamp(seconds: 1),
                    updatedAt: Timestamp(seconds: 1))
            }
        }
    }

    func delete(_ digest: Digest, in scope: Scope) async throws(Failure) {
        _ = state.withLock { $0.blobs.removeValue(forKey: digest) }
    }

    func open(_ digest: Digest, in scope: Scope) async throws(Failure) -> any BlobReader {
        guard let blob = state.withLock({ $0.blobs[digest] }) else { throw .notFound("content", "\(digest)") }
        return MemoryReader(bytes: blob)
    }

    func status(_ reference: String, in scope: Scope) async throws(Failure) -> IngestStatus {
        guard let bytes = state.withLock({ $0.ingests[reference] }) else { throw .notFound("ingest", reference) }
        return IngestStatus(
            reference: reference, offset: Int64(bytes.count), total: 0, expected: nil, startedAt: Timestamp(seconds: 1),
            updatedAt: Timestamp(seconds: 1))
    }

    func statuses(filters: [String], in scope: Scope) async throws(Failure) -> [IngestStatus] { [] }

    func abort(_ reference: String, in scope: Scope) async throws(Failure) {
        _ = state.withLock { $0.ingests.removeValue(forKey: reference) }
    }

    func openWriter(
        _ reference: String, total: Int64, expected: Digest?, in scope: Scope
    ) async throws(Failure) -> any BlobWriter {
        if let expected, state.withLock({ $0.blobs[expected] }) != nil {
            throw .alreadyExists("content", "\(expected)")
        }
        let isFree = state.withLock { state in
            if state.ingests[reference] == nil { state.ingests[reference] = [] }
            return state.open.insert(reference).inserted
        }
        guard isFree else { throw Failure(.unavailable, "ingest \"\(reference)\": locked") }
        return MemoryWriter(content: self, reference: reference, scope: scope)
    }

    func sweep() async throws(Failure) {}
}

struct MemoryReader: BlobReader {
    var bytes: [UInt8]
    var size: Int64 { Int64(bytes.count) }

    func read(at offset: Int64, count: Int) throws(Failure) -> [UInt8] {
        Array(bytes.dropFirst(Int(offset)).prefix(count))
    }
}

struct MemoryWriter: BlobWriter {
    let content: MemoryContent
    let reference: String
    let scope: Scope

    func status() async throws(Failure) -> IngestStatus {
        try await content.status(reference, in: scope)
    }

    func append(_ bytes: [UInt8]) async throws(Failure) {
        content.state.withLock { $0.ingests[reference]?.append(contentsOf: bytes) }
    }

    func truncate(to size: Int64) async throws(Failure) {
        content.state.withLock { $0.ingests[reference] = Array(($0.ingests[reference] ?? []).prefix(Int(size))) }
    }

    func commit(size: Int64, expected: Digest?, labels: [String: String]) async throws(Failure) -> Digest {
        let digest = expected ?? MemoryContent.given
        let written = content.state.withLock { $0.ingests[reference] ?? [] }
        guard size == 0 || size == Int64(written.count) else {
            throw Failure(.failedPrecondition, "ingest \"\(reference)\": \(written.count) bytes instead of \(size)")
        }
        content.state.withLock { state in
            state.blobs[digest] = written
            state.ingests[reference] = nil
        }
        return digest
    }

    var digest: Digest? { MemoryContent.given }

    func close() async {
        _ = content.state.withLock { $0.open.remove(reference) }
    }
}

struct NoCollector: GarbageCollector {
    func schedule() {}
    func collect() async throws(Failure) {}
}
