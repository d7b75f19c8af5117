package import ImageSpec
package import Model

/// The writer of a blob whose bytes another namespace has brought: it says that all is written, and committing it
/// only adds the record. Who writes or truncates all the same gets an ingest with a copy.
package actor SharedBlobWriter: BlobWriter {
    private static let copySize = 1 << 20

    private let store: LocalContentStore
    private let reference: String
    private let shared: Digest
    private let size: Int64
    private let scope: Scope
    private let claim: Claims.Claim
    private let startedAt = Timestamp.now()
    private var copy: IngestWriter?

    package var digest: Digest? {
        get async {
            if let copy { return await copy.digest }
            return shared
        }
    }

    init(
        store: LocalContentStore, reference: String, digest: Digest, size: Int64, scope: Scope, claim: Claims.Claim
    ) {
        self.store = store
        self.reference = reference
        shared = digest
        self.size = size
        self.scope = scope
        self.claim = claim
    }

    package func status() async throws(Failure) -> IngestStatus {
        if let copy { return try await copy.status() }
        return IngestStatus(
            reference: reference, offset: size, total: size, expected: shared, startedAt: startedAt,
            updatedAt: startedAt)
    }

    package func append(_ bytes: [UInt8]) async throws(Failure) {
        if bytes.isEmpty { return }
        try await copied(size).append(bytes)
    }

    package func truncate(to size: Int64) async throws(Failure) {
        if let copy { return try await copy.truncate(to: size) }
        guard size != self.size else { return }
        guard (0..<self.size).contains(size) else {
            throw Failure(.outOfRange, "ingest \"\(reference)\": truncate to \(size), but it has \(self.size) bytes")
        }
        _ = try await copied(size)
    }

    package func commit(size: Int64, expected: Digest?, labels: [String: String]) async throws(Failure) -> Digest {
        if let copy { return try await copy.commit(size: size, expected: expected, labels: labels) }
        guard size <= 0 || size == self.size else {
            throw Failure(
                .failedPrecondition, "ingest \"\(reference)\": unexpected commit size \(self.size), expected \(size)")
        }
        if let expected, expected != shared {
            throw Failure(
                .failedPrecondition, "ingest \"\(reference)\": unexpected commit digest \(shared), expected \(expected)"
            )
        }
        defer { claim.release() }
        try await store.adopt(shared, size: self.size, labels: labels, scope: scope)
        return shared
    }

    package func close() async {
        if let copy { await copy.close() }
        claim.release()
    }

    /// The ingest that takes over from here, with the blob's first `count` bytes.
    private func copied(_ count: Int64) async throws(Failure) -> IngestWriter {
        if let copy { return copy }
        guard let file = try store.directory.openBlob(shared) else {
            throw Failure(.unavailable, "content \"\(shared)\": deleted meanwhile; send it again")
        }
        let reader = try FileBlobReader(file, digest: shared)
        let writer = try await store.openIngest(
            reference, total: size, expected: shared, in: scope, claim: claim)
        try await writer.truncate(to: 0)
        var offset: Int64 = 0
        while offset < count {
            let bytes = try reader.read(at: offset, count: Int(min(Int64(Self.copySize), count - offset)))
            if bytes.isEmpty { break }
            try await writer.append(bytes)
            offset += Int64(bytes.count)
        }
        copy = writer
        return writer
    }
}
