package import ImageSpec
internal import Kernel
package import Model

/// Blobs and ingests in a directory of their own, see `ContentDirectory`; who sees them stands in the records.
package final class LocalContentStore: ContentStore {
    let directory: ContentDirectory
    let records: any ContentRecords
    let events: any EventSink
    let claims = Claims()
    let gate = DigestGate()

    /// Makes the directory and what belongs in it where missing; its parent must exist. Nothing is swept: call
    /// `sweep()` once the records are open.
    package init(directory: String, records: any ContentRecords, events: any EventSink) throws(Failure) {
        self.directory = try ContentDirectory(path: directory)
        self.records = records
        self.events = events
    }

    package func info(_ digest: Digest, in scope: Scope) async throws(Failure) -> ContentInfo {
        try await records.find(digest, namespace: scope.namespace)
    }

    package func update(
        _ info: ContentInfo, _ update: FieldUpdate, in scope: Scope
    ) async throws(Failure) -> ContentInfo {
        try await records.update(info, update, namespace: scope.namespace)
    }

    package func list(filters: [String], in scope: Scope) async throws(Failure) -> [ContentInfo] {
        let set = try FilterSet(filters)
        return set.select(from: try await records.list(namespace: scope.namespace))
    }

    package func delete(_ digest: Digest, in scope: Scope) async throws(Failure) {
        try await gate.pass(digest) { () async throws(Failure) in
            if try await records.remove(digest, namespace: scope.namespace) {
                try directory.removeBlob(digest)
            }
        }
        events.publish(.contentDeleted(digest: digest.description), namespace: scope.namespace)
    }

    package func open(_ digest: Digest, in scope: Scope) async throws(Failure) -> any BlobReader {
        _ = try await records.find(digest, namespace: scope.namespace)
        guard let file = try directory.openBlob(digest) else {
            throw Failure(.dataLoss, "content \"\(digest)\": known, but its file is gone; fetch it again")
        }
        return try FileBlobReader(file, digest: digest)
    }

    package func sweep() async throws(Failure) {
        try await sweepIngests()
        // A blob that is being committed has no record yet: the gate makes the look at the records and the removal
        // one step, so that the list may be old.
        let known = try await records.digests()
        for digest in try directory.blobs() where !known.contains(digest) {
            try await gate.pass(digest) { () async throws(Failure) in
                if try await !records.isKnown(digest) { try directory.removeBlob(digest) }
            }
        }
    }

    /// A directory is made after its record and its name never used again, so one that is there before the records
    /// are read and not among them is an ended ingest's.
    private func sweepIngests() async throws(Failure) {
        let present = try directory.ingestNames()
        let known = try await records.ingestDirectories()
        for name in present where !known.contains(name) {
            try directory.removeIngest(name)
        }
    }
}
