package import ImageSpec

/// The durable side of the content store: which namespace knows which blob, with labels, and its open ingests.
package protocol ContentRecords: Sendable {
    func find(_ digest: Digest, namespace: String) async throws(Failure) -> ContentInfo
    func list(namespace: String) async throws(Failure) -> [ContentInfo]
    /// Whether any namespace knows the blob: then its bytes may be taken over without a copy.
    func isKnown(_ digest: Digest) async throws(Failure) -> Bool
    /// Adds a record and adds it to the scope's lease. Durable when it returns. `alreadyExists` in the namespace.
    func add(_ info: ContentInfo, scope: Scope) async throws(Failure)
    func update(_ info: ContentInfo, _ update: FieldUpdate, namespace: String) async throws(Failure) -> ContentInfo
    /// - Returns: whether that was the last record of the blob, so that its file is to be deleted.
    func remove(_ digest: Digest, namespace: String) async throws(Failure) -> Bool
    /// Every digest of any namespace, for the start-up sweep.
    func digests() async throws(Failure) -> Set<Digest>

    /// Adds (or finds) the ingest `reference` of the namespace and its lease, and answers the name of its directory,
    /// which is never used again.
    func openIngest(_ reference: String, scope: Scope) async throws(Failure) -> String
    func findIngest(_ reference: String, namespace: String) async throws(Failure) -> String
    /// References with their directories' names.
    func ingests(namespace: String) async throws(Failure) -> [String: String]
    func removeIngest(_ reference: String, namespace: String) async throws(Failure)
    /// Every ingest directory of any namespace, for the start-up sweep.
    func ingestDirectories() async throws(Failure) -> Set<String>
}
