internal import CArchive
internal import Glibc
internal import Model

/// The entries of a tar archive, plain or compressed, one after the other. libarchive(3).
///
/// Only tar is recognised: other formats that libarchive knows have no business in an image.
final class ArchiveReader {
    struct Entry {
        enum Kind {
            case file
            case link(to: String)
            case other
        }

        let path: String
        let size: Int64
        let kind: Kind
    }

    private let archive: OpaquePointer
    private var current: OpaquePointer?
    /// Where the reader is, for messages.
    private var place = "its first entry"

    private static let blockSize = 256 << 10

    /// Reads from the beginning of `descriptor`, which must stay open as long as the reader.
    init(descriptor: Int32) throws(Failure) {
        guard let archive = archive_read_new() else { throw Failure(.resourceExhausted, "import: out of memory") }
        self.archive = archive
        archive_read_support_format_tar(archive)
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_zstd(archive)
        archive_read_support_filter_xz(archive)
        archive_read_support_filter_bzip2(archive)
        Glibc.lseek(descriptor, 0, SEEK_SET)
        guard archive_read_open_fd(archive, descriptor, Self.blockSize) == ARCHIVE_OK else {
            throw .invalid("import: not a tar archive")
        }
    }

    deinit {
        archive_read_free(archive)
    }

    /// Nil at the end. `invalidArgument` for what is no archive, or one that is cut off.
    func next() throws(Failure) -> Entry? {
        switch archive_read_next_header(archive, &current) {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK, ARCHIVE_WARN: break
        default: throw damaged()
        }
        guard let name = archive_entry_pathname(current) else {
            throw .invalid("import: the archive has an entry without a name, next to \(place)")
        }
        let path = Self.normalised(String(cString: name))
        place = "\"\(path.prefix(200))\""
        return Entry(path: path, size: archive_entry_size(current), kind: kind())
    }

    /// The next bytes of the entry; empty at its end.
    func read(_ count: Int) throws(Failure) -> [UInt8] {
        var status = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            status = archive_read_data(archive, buffer.baseAddress, count)
            initialized = max(0, status)
        }
        guard status >= 0 else { throw damaged() }
        return bytes
    }

    /// The whole entry, which must not be larger than `limit` bytes.
    func readAll(_ entry: Entry, limit: Int) throws(Failure) -> [UInt8] {
        guard entry.size <= limit else {
            throw Failure(.resourceExhausted, "import: \"\(entry.path)\" has \(entry.size) bytes; at most \(limit)")
        }
        var bytes: [UInt8] = []
        while true {
            let more = try read(64 << 10)
            if more.isEmpty { return bytes }
            bytes += more
            // What the header says of the size is the archive's word.
            guard bytes.count <= limit else {
                throw Failure(.resourceExhausted, "import: \"\(entry.path)\" has more than \(limit) bytes")
            }
        }
    }

    private func kind() -> Entry.Kind {
        if let target = archive_entry_hardlink(current) { return .link(to: Self.normalised(String(cString: target))) }
        switch archive_entry_filetype(current) {
        case Glibc.S_IFREG: return .file
        case Glibc.S_IFLNK: return archive_entry_symlink(current).map { .link(to: String(cString: $0)) } ?? .other
        default: return .other
        }
    }

    private func damaged() -> Failure {
        let detail = archive_error_string(archive).map { " (\(String(cString: $0)))" } ?? ""
        return .invalid("import: the archive is damaged or cut off at or after \(place)\(detail); get it again")
    }

    private static func normalised(_ path: String) -> String {
        String(path.trimmingPrefix("./"))
    }
}
