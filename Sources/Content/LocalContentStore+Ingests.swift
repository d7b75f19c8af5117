package import ImageSpec
internal import Kernel
package import Model

extension LocalContentStore {
    package func status(_ reference: String, in scope: Scope) async throws(Failure) -> IngestStatus {
        let name = try await records.findIngest(reference, namespace: scope.namespace)
        return try status(of: name, reference)
    }

    package func statuses(filters: [String], in scope: Scope) async throws(Failure) -> [IngestStatus] {
        let set = try FilterSet(filters)
        var statuses: [IngestStatus] = []
        for (reference, name) in try await records.ingests(namespace: scope.namespace).sorted(by: { $0.key < $1.key }) {
            statuses.append(try status(of: name, reference))
        }
        return set.select(from: statuses)
    }

    /// A writer that still has the ingest open finds it gone when it commits.
    package func abort(_ reference: String, in scope: Scope) async throws(Failure) {
        let name = try await records.findIngest(reference, namespace: scope.namespace)
        try await records.removeIngest(reference, namespace: scope.namespace)
        try directory.removeIngest(name)
    }

    package func openWriter(
        _ reference: String, total: Int64, expected: Digest?, in scope: Scope
    ) async throws(Failure) -> any BlobWriter {
        guard !reference.isEmpty else { throw .invalid("ingest: the reference is empty; choose one") }
        guard total >= 0 else { throw .invalid("ingest \"\(reference)\": a total of \(total) bytes") }
        if let expected {
            if try await isPresent(expected, in: scope) { throw .alreadyExists("content", expected.description) }
        }
        let claim = try claims.claim(reference, namespace: scope.namespace)
        if let expected, let size = try await sharedSize(of: expected), total == 0 || total == size {
            return SharedBlobWriter(
                store: self, reference: reference, digest: expected, size: size, scope: scope, claim: claim)
        }
        return try await openIngest(reference, total: total, expected: expected, in: scope, claim: claim)
    }

    func openIngest(
        _ reference: String, total: Int64, expected: Digest?, in scope: Scope, claim: Claims.Claim
    ) async throws(Failure) -> IngestWriter {
        let name = try await records.openIngest(reference, scope: scope)
        let ingest = try Ingest(name: name, reference: reference, total: total, expected: expected, in: directory)
        return IngestWriter(store: self, ingest: ingest, scope: scope, claim: claim)
    }

    /// The size of a blob that another namespace has, whose bytes need not be sent again.
    private func sharedSize(of digest: Digest) async throws(Failure) -> Int64? {
        guard try await records.isKnown(digest), let file = try directory.openBlob(digest) else { return nil }
        return try disk("blob \"\(digest)\"") { () throws(SystemCallError) in try file.inode().size }
    }

    private func isPresent(_ digest: Digest, in scope: Scope) async throws(Failure) -> Bool {
        do throws(Failure) {
            _ = try await records.find(digest, namespace: scope.namespace)
            return true
        } catch {
            if error.code == .notFound { return false }
            throw error
        }
    }

    /// An ingest of which only the record is left, after a power loss or while it begins, has no bytes.
    private func status(of name: String, _ reference: String) throws(Failure) -> IngestStatus {
        do throws(SystemCallError) {
            let ingest = try directory.ingests.open(name: name, [.readOnly, .directory, .noFollow])
            let note = try IngestNote.read(from: ingest)
            let data = try ingest.inode(name: Ingest.dataName)
            return IngestStatus(
                reference: reference, offset: data.size, total: note.total, expected: note.expected,
                startedAt: note.startedAt,
                updatedAt: Timestamp(seconds: data.modified.seconds, nanoseconds: data.modified.nanoseconds))
        } catch {
            guard error.errno == .noSuchFile else { throw .disk(error, "ingest \"\(reference)\"") }
            let now = Timestamp.now()
            return IngestStatus(
                reference: reference, offset: 0, total: 0, expected: nil, startedAt: now, updatedAt: now)
        }
    }
}
