package import ImageSpec

/// Blobs by digest, shared on disk by all namespaces, visible only in those that have a record of them.
///
/// Life cycle: `openWriter` begins or resumes an ingest under a reference that the client chose; `commit` checks
/// size and digest, makes the blob durable (file, directory, then record) and ends the ingest. A crash in between
/// leaves an ingest that a client may resume or abort, or a blob without a record that the start-up sweep removes.
package protocol ContentStore: Sendable {
    func info(_ digest: Digest, in scope: Scope) async throws(Failure) -> ContentInfo
    /// Replaces labels as `update` says; digest and size never change.
    func update(_ info: ContentInfo, _ update: FieldUpdate, in scope: Scope) async throws(Failure) -> ContentInfo
    func list(filters: [String], in scope: Scope) async throws(Failure) -> [ContentInfo]
    /// Removes the namespace's record; the blob goes when no namespace has one.
    func delete(_ digest: Digest, in scope: Scope) async throws(Failure)
    /// A reader of a committed blob; it stays readable although the blob be deleted meanwhile.
    func open(_ digest: Digest, in scope: Scope) async throws(Failure) -> any BlobReader

    func status(_ reference: String, in scope: Scope) async throws(Failure) -> IngestStatus
    func statuses(filters: [String], in scope: Scope) async throws(Failure) -> [IngestStatus]
    func abort(_ reference: String, in scope: Scope) async throws(Failure)
    /// Begins or resumes the ingest `reference`. `unavailable` while another writer holds it; `alreadyExists` when
    /// `expected` is known and already present in this namespace.
    func openWriter(
        _ reference: String, total: Int64, expected: Digest?, in scope: Scope
    ) async throws(Failure) -> any BlobWriter
    /// Removes the bytes of blobs and ingests that no record names: at start, and after garbage collection. Safe
    /// beside running writers: a blob whose commit is under way is left alone.
    func sweep() async throws(Failure)
}

/// Random access to a committed blob.
package protocol BlobReader: Sendable {
    /// Bytes.
    var size: Int64 { get }
    /// Up to `count` bytes from `offset`; fewer only at the end.
    func read(at offset: Int64, count: Int) throws(Failure) -> [UInt8]
    /// The same into memory of the caller, for those who read much.
    /// - Returns: how many bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Failure) -> Int
}

extension BlobReader {
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Failure) -> Int {
        let bytes = try read(at: offset, count: buffer.count)
        buffer.copyBytes(from: bytes)
        return bytes.count
    }
}

/// The one writer of an ingest. Dropping it keeps the ingest for a later writer.
package protocol BlobWriter: Sendable {
    func status() async throws(Failure) -> IngestStatus
    /// Appends at the current offset. `resourceExhausted` when the disk is full.
    func append(_ bytes: [UInt8]) async throws(Failure)
    /// Cuts the ingest to `size` bytes, as resuming at an earlier offset demands. Only 0 and the current offset
    /// are cheap.
    func truncate(to size: Int64) async throws(Failure)
    /// Verifies and publishes. `size` 0 and `expected` nil are not checked. `alreadyExists` when the blob is there
    /// (the ingest is ended then as well); `failedPrecondition` on a size or digest mismatch.
    func commit(size: Int64, expected: Digest?, labels: [String: String]) async throws(Failure) -> Digest
    /// The content's digest once it is known: after a commit at the latest, also after one that answered
    /// `alreadyExists`.
    var digest: Digest? { get async }
    /// Lets go of the ingest without ending it.
    func close() async
}
