internal import ImageSpec
internal import Kernel
internal import Model

/// Where blobs and ingests lie:
///
///     blobs/sha256/<hexadecimal>   a committed blob, complete and on the disk before it gets this name
///     ingest/<name>/data           the bytes of a write under way
///     ingest/<name>/status         what the writer said of it, as `IngestNote` has it
///
/// Every directory has mode 0700. Nothing here knows of namespaces: records say who sees what.
struct ContentDirectory: ~Copyable, Sendable {
    let path: String
    private let sha256: FileDescriptor
    private let sha384: FileDescriptor
    private let sha512: FileDescriptor
    let ingests: FileDescriptor

    /// Makes what is missing.
    init(path: String) throws(Failure) {
        let root = try disk("content directory \"\(path)\"") { () throws(SystemCallError) in
            if !Directory.exists(path) { try Directory.make(path, mode: 0o700) }
            return try FileDescriptor.open(path: path, [.readOnly, .directory])
        }
        let blobs = try Self.subdirectory("blobs", of: root, path)
        let sha256 = try Self.subdirectory("sha256", of: blobs, path + "/blobs")
        let sha384 = try Self.subdirectory("sha384", of: blobs, path + "/blobs")
        let sha512 = try Self.subdirectory("sha512", of: blobs, path + "/blobs")
        let ingests = try Self.subdirectory("ingest", of: root, path)
        self.path = path
        self.sha256 = sha256
        self.sha384 = sha384
        self.sha512 = sha512
        self.ingests = ingests
    }

    private static func subdirectory(
        _ name: String, of parent: borrowing FileDescriptor, _ path: String
    ) throws(Failure) -> FileDescriptor {
        do throws(SystemCallError) {
            do throws(SystemCallError) {
                try parent.makeDirectory(name: name, permissions: 0o700)
                // A blob that survives power loss is of no use in a directory that does not.
                try parent.synchronize()
            } catch  where error.errno == .exists {}
            return try parent.open(name: name, [.readOnly, .directory, .noFollow])
        } catch {
            throw .disk(error, "content directory \"\(path)/\(name)\"")
        }
    }

    /// Hands `body` the directory of the algorithm's blobs.
    func withBlobs<Value: ~Copyable, Thrown: Error>(
        _ algorithm: Digest.Algorithm, _ body: (borrowing FileDescriptor) throws(Thrown) -> Value
    ) throws(Thrown) -> Value {
        switch algorithm {
        case .sha256: try body(sha256)
        case .sha384: try body(sha384)
        case .sha512: try body(sha512)
        }
    }

    /// nil when there is no such file.
    func openBlob(_ digest: Digest) throws(Failure) -> FileDescriptor? {
        do throws(SystemCallError) {
            return try withBlobs(digest.algorithm) { directory throws(SystemCallError) in
                try directory.open(name: digest.encoded, [.readOnly, .noFollow])
            }
        } catch {
            if error.errno == .noSuchFile { return nil }
            throw .disk(error, "blob \"\(digest)\"")
        }
    }

    func hasBlob(_ digest: Digest) throws(Failure) -> Bool {
        do throws(SystemCallError) {
            _ = try withBlobs(digest.algorithm) { directory throws(SystemCallError) in
                try directory.inode(name: digest.encoded)
            }
            return true
        } catch {
            if error.errno == .noSuchFile { return false }
            throw .disk(error, "blob \"\(digest)\"")
        }
    }

    func removeBlob(_ digest: Digest) throws(Failure) {
        do throws(SystemCallError) {
            try withBlobs(digest.algorithm) { directory throws(SystemCallError) in
                try directory.unlink(name: digest.encoded)
            }
        } catch {
            if error.errno != .noSuchFile { throw .disk(error, "blob \"\(digest)\"") }
        }
    }

    /// Every blob on disk. Names that are no digest are not ours and are left alone.
    func blobs() throws(Failure) -> [Digest] {
        var digests: [Digest] = []
        for algorithm in Digest.Algorithm.allCases {
            let names = try disk("content directory \"\(path)\"") { () throws(SystemCallError) in
                try withBlobs(algorithm) { directory throws(SystemCallError) in try Self.names(in: directory) }
            }
            digests += names.compactMap { Digest("\(algorithm.rawValue):\($0)") }
        }
        return digests
    }

    func ingestNames() throws(Failure) -> [String] {
        try disk("content directory \"\(path)/ingest\"") { () throws(SystemCallError) in
            try Self.names(in: ingests)
        }
    }

    /// Removes the directory of an ingest with what is in it.
    func removeIngest(_ name: String) throws(Failure) {
        do throws(SystemCallError) {
            let directory = try ingests.open(name: name, [.readOnly, .directory, .noFollow])
            for file in try Self.names(in: directory) {
                do throws(SystemCallError) {
                    try directory.unlink(name: file)
                } catch  where error.errno == .noSuchFile {}
            }
            try ingests.removeDirectory(name: name)
        } catch {
            if error.errno != .noSuchFile { throw .disk(error, "ingest directory \"\(name)\"") }
        }
    }

    /// A descriptor of its own: the position in a directory belongs to the open file description.
    private static func names(in directory: borrowing FileDescriptor) throws(SystemCallError) -> [String] {
        let fresh = try directory.open(name: ".", [.readOnly, .directory])
        var listing = DirectoryListing(of: fresh)
        var names: [String] = []
        while let entry = try listing.next() {
            names.append(String(decoding: entry.name, as: UTF8.self))
        }
        return names
    }
}
