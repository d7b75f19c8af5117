package import ImageSpec
package import Model

/// The writer of an ingest of this namespace.
package actor IngestWriter: BlobWriter {
    private let store: LocalContentStore
    private let reference: String
    private let scope: Scope
    private let claim: Claims.Claim
    /// nil once committed or closed.
    private var ingest: Ingest?
    package private(set) var digest: Digest?

    init(store: LocalContentStore, ingest: consuming Ingest, scope: Scope, claim: Claims.Claim) {
        self.store = store
        reference = ingest.reference
        self.ingest = consume ingest
        self.scope = scope
        self.claim = claim
    }

    package func status() throws(Failure) -> IngestStatus {
        guard let status = ingest?.status else { throw closed() }
        return status
    }

    package func append(_ bytes: [UInt8]) async throws(Failure) {
        try await catchUp()
        guard ingest != nil else { throw closed() }
        var refusal: Failure?
        bytes.withUnsafeBytes { buffer in
            do throws(Failure) {
                try ingest!.append(buffer)
            } catch {
                refusal = error
            }
        }
        if let refusal { throw refusal }
    }

    package func truncate(to size: Int64) throws(Failure) {
        guard ingest != nil else { throw closed() }
        try ingest!.truncate(to: size)
    }

    package func commit(size: Int64, expected: Digest?, labels: [String: String]) async throws(Failure) -> Digest {
        try await catchUp()
        guard let status = ingest?.status else { throw closed() }
        guard size <= 0 || size == status.offset else {
            throw Failure(
                .failedPrecondition,
                "ingest \"\(reference)\": unexpected commit size \(status.offset), expected \(size)")
        }
        let wanted = expected ?? status.expected
        let digest = try ingest!.finish(wanted?.algorithm ?? .sha256)
        if let wanted, wanted != digest {
            throw Failure(
                .failedPrecondition, "ingest \"\(reference)\": unexpected commit digest \(digest), expected \(wanted)")
        }
        self.digest = digest
        // Taken out for the time of the commit, so that a second one finds the writer closed.
        let finished = FinishedIngest(ingest.take()!)
        defer { claim.release() }
        try await store.publish(finished, as: digest, size: status.offset, labels: labels, scope: scope)
        return digest
    }

    package func close() {
        ingest = nil
        claim.release()
    }

    /// Reads what an earlier writer left, in turns with others' work.
    private func catchUp() async throws(Failure) {
        while ingest?.isBehind == true {
            try ingest!.catchUp()
            await Task.yield()
        }
    }

    private func closed() -> Failure {
        Failure(.failedPrecondition, "ingest \"\(reference)\": the writer is closed; open it again")
    }
}
