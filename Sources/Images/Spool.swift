internal import Glibc
internal import Kernel
internal import Model

/// A client's stream on disk, without a name: nothing is left of it however its life ends.
///
/// An archive arrives at the client's pace and may list its blobs in any order; on disk it can be read twice, and a
/// slow client holds up nobody.
struct Spool: ~Copyable, Sendable {
    private let file: FileDescriptor
    private let directory: String
    private(set) var size: Int64 = 0

    /// - Parameter directory: on the file system that has room for images.
    init(in directory: String) throws(Failure) {
        self.directory = directory
        do throws(SystemCallError) {
            file = try .unnamedFile(in: directory)
        } catch {
            throw Failure(.unavailable, "import: \"\(directory)\" takes no files", cause: error)
        }
    }

    var descriptor: Int32 { file.rawValue }

    mutating func append(_ bytes: [UInt8]) throws(Failure) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.pwrite(
                    file.rawValue, buffer.baseAddress! + written, buffer.count - written, off_t(size) + off_t(written))
            }
            guard count >= 0 else {
                let errno = Errno.current
                if errno == .interrupted { continue }
                throw Self.refusal(errno, directory, after: size)
            }
            written += count
        }
        size += Int64(bytes.count)
    }

    private static func refusal(_ errno: Errno, _ directory: String, after size: Int64) -> Failure {
        let what = "import: the archive cannot be stored in \"\(directory)\""
        guard errno == .noSpace || errno == .quotaExceeded else { return Failure(.unavailable, "\(what): \(errno)") }
        return Failure(
            .resourceExhausted,
            "\(what): the disk is full (\(errno)) after \(size) bytes of it; free some space and retry")
    }

    /// The first bytes, to tell what it is.
    func head(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = max(0, Glibc.pread(file.rawValue, buffer.baseAddress, count, 0))
        }
    }

    /// Bytes from `offset`; empty at the end.
    func read(at offset: Int64, count: Int) throws(Failure) -> [UInt8] {
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let got = Glibc.pread(file.rawValue, buffer.baseAddress, count, off_t(offset))
            if got < 0 { failure = .current }
            initialized = max(0, got)
        }
        if let failure { throw Failure(.unavailable, "import: the stored archive cannot be read: \(failure)") }
        return bytes
    }
}
