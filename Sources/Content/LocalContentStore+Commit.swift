internal import ImageSpec
internal import Model

/// An ingest that takes no more bytes.
final class FinishedIngest: Sendable {
    let ingest: Ingest

    init(_ ingest: consuming Ingest) {
        self.ingest = ingest
    }
}

extension LocalContentStore {
    /// Makes a blob of the ingest and gives the namespace a record of it; both are durable when it returns. The
    /// ingest is ended, also with `alreadyExists`; any other failure leaves what a new writer can resume or abort.
    func publish(
        _ finished: FinishedIngest, as digest: Digest, size: Int64, labels: [String: String], scope: Scope
    ) async throws(Failure) {
        var refusal: Failure?
        do throws(Failure) {
            try await gate.pass(digest) { () async throws(Failure) in
                try await blocking { () throws(Failure) in
                    try finished.ingest.publish(as: digest, in: self.directory)
                }
                await Failpoint.reach("content.commit.after-blob")
                try await addRecord(digest, size: size, labels: labels, scope: scope)
                await Failpoint.reach("content.commit.after-record")
            }
        } catch {
            guard error.code == .alreadyExists else { throw error }
            refusal = error
        }
        try await records.removeIngest(finished.ingest.reference, namespace: scope.namespace)
        try directory.removeIngest(finished.ingest.name)
        if let refusal { throw refusal }
        events.publish(.contentCreated(digest: digest.description, size: size), namespace: scope.namespace)
    }

    /// Gives the namespace a record of a blob that is there for another one.
    func adopt(_ digest: Digest, size: Int64, labels: [String: String], scope: Scope) async throws(Failure) {
        try await gate.pass(digest) { () async throws(Failure) in
            guard try directory.hasBlob(digest) else {
                throw Failure(.unavailable, "content \"\(digest)\": deleted meanwhile; send it again")
            }
            try await addRecord(digest, size: size, labels: labels, scope: scope)
        }
        events.publish(.contentCreated(digest: digest.description, size: size), namespace: scope.namespace)
    }

    private func addRecord(
        _ digest: Digest, size: Int64, labels: [String: String], scope: Scope
    ) async throws(Failure) {
        let now = Timestamp.now()
        let info = ContentInfo(digest: digest, size: size, createdAt: now, updatedAt: now, labels: labels)
        try await records.add(info, scope: scope)
    }
}
