internal import ImageSpec
internal import Kernel
internal import Model

/// The files of a write under way, with the digest of what has been written.
///
/// Bytes go to the file and into the digest as they come. An ingest found from before is read once more for its
/// digest, but only when it is first written to or committed: many a client only asks how far it got.
struct Ingest: ~Copyable, Sendable {
    static let dataName = "data"
    private static let rereadSize = 1 << 20

    let name: String
    let reference: String
    private(set) var note: IngestNote
    private(set) var offset: Int64
    private(set) var updatedAt: Timestamp
    private let directory: FileDescriptor
    private let data: FileDescriptor
    private var digest: StreamDigest
    /// How many bytes from the start the digest has seen.
    private var digested: Int64 = 0

    /// Begins the ingest, or finds it as it was left.
    init(
        name: String, reference: String, total: Int64, expected: Digest?, in content: borrowing ContentDirectory
    ) throws(Failure) {
        do throws(SystemCallError) {
            let isNew = try Self.makeDirectory(name, in: content.ingests)
            let directory = try content.ingests.open(name: name, [.readOnly, .directory, .noFollow])
            let data = try directory.open(name: Self.dataName, [.readWrite, .create, .noFollow], permissions: 0o600)
            let found = isNew ? nil : try IngestNote.read(from: directory)
            let note = IngestNote(
                total: total > 0 ? total : found?.total ?? 0, expected: expected ?? found?.expected,
                startedAt: found.map(\.startedAt) ?? .now())
            if note != found { try note.write(to: directory) }
            let inode = try data.inode()
            self.name = name
            self.reference = reference
            self.note = note
            self.directory = directory
            self.data = data
            offset = inode.size
            updatedAt = Timestamp(seconds: inode.modified.seconds, nanoseconds: inode.modified.nanoseconds)
            digest = StreamDigest(note.expected?.algorithm ?? .sha256)
        } catch {
            throw .disk(error, "ingest \"\(reference)\" in \"\(content.path)\"")
        }
    }

    /// - Returns: whether it was not there.
    private static func makeDirectory(
        _ name: String, in ingests: borrowing FileDescriptor
    ) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            try ingests.makeDirectory(name: name, permissions: 0o700)
            return true
        } catch {
            if error.errno == .exists { return false }
            throw error
        }
    }

    var status: IngestStatus {
        IngestStatus(
            reference: reference, offset: offset, total: note.total, expected: note.expected, startedAt: note.startedAt,
            updatedAt: updatedAt)
    }

    /// Whether the digest must first read what the file holds already.
    var isBehind: Bool { digested != offset }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        do throws(SystemCallError) {
            try data.write(bytes, at: offset)
        } catch {
            // Whatever part was written is cut off again, so that file and digest agree.
            try? data.truncate(to: offset)
            throw .disk(error, "ingest \"\(reference)\": writing \"\(name)/\(Self.dataName)\" at \(offset)")
        }
        digest.update(bytes)
        offset += Int64(bytes.count)
        digested = offset
        updatedAt = .now()
    }

    mutating func truncate(to size: Int64) throws(Failure) {
        guard (0...offset).contains(size) else {
            throw Failure(.outOfRange, "ingest \"\(reference)\": truncate to \(size), but it has \(offset) bytes")
        }
        guard size != offset else { return }
        do throws(SystemCallError) {
            try data.truncate(to: size)
        } catch {
            throw .disk(error, "ingest \"\(reference)\"")
        }
        offset = size
        digested = 0
        digest = StreamDigest(digest.algorithm)
        updatedAt = .now()
    }

    /// Reads the next part that the digest has not seen. To be called until `isBehind` is false.
    mutating func catchUp() throws(Failure) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.rereadSize, alignment: 64)
        defer { buffer.deallocate() }
        let wanted = Int(min(offset - digested, Int64(Self.rereadSize)))
        let position = digested
        let count: Int
        do throws(SystemCallError) {
            count = try data.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: position)
        } catch {
            throw .disk(error, "ingest \"\(reference)\"")
        }
        guard count > 0 else {
            throw Failure(
                .dataLoss, "ingest \"\(reference)\": its file shrank to \(position) of \(offset) bytes; abort it")
        }
        digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        digested += Int64(count)
    }

    /// The digest by `algorithm` of everything written. Reads the file again if it was digested by another.
    mutating func finish(_ algorithm: Digest.Algorithm) throws(Failure) -> Digest {
        if algorithm != digest.algorithm {
            digest = StreamDigest(algorithm)
            digested = 0
        }
        while isBehind { try catchUp() }
        return digest.value
    }

    /// Gets the bytes to the disk and gives them the name of `digest`, unless a file has it already; on the disk as
    /// well when it returns. A crash leaves either the ingest or a complete blob.
    func publish(as digest: Digest, in content: borrowing ContentDirectory) throws(Failure) {
        let isThere = try content.hasBlob(digest)
        do throws(SystemCallError) {
            if !isThere { try data.synchronizeData() }
            try content.withBlobs(digest.algorithm) { blobs throws(SystemCallError) in
                if !isThere {
                    try data.setPermissions(0o400)
                    try directory.rename(name: Self.dataName, to: digest.encoded, in: blobs)
                }
                try blobs.synchronize()
            }
        } catch {
            if error.errno == .noSuchFile { throw .notFound("ingest", reference) }
            throw .disk(error, "content \"\(digest)\" from ingest \"\(reference)\"")
        }
    }
}
