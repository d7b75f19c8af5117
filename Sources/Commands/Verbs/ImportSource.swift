internal import CArchive
internal import Glibc
internal import Kernel
internal import Model

/// What `import` was given, and its bytes as one tar stream.
struct ImportSource: Sendable {
    let path: String
    let isRootfs: Bool
    private let isDirectory: Bool

    init(path: String, isRootfs: Bool) throws(Failure) {
        self.path = path
        guard path != "-" else {
            isDirectory = false
            self.isRootfs = isRootfs
            return
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Failure(.notFound, "import \"\(path)\": cannot be read", cause: SystemCallError("stat", on: path))
        }
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if isRootfs {
            self.isRootfs = true
        } else if isDirectory {
            self.isRootfs = access("\(path)/oci-layout", F_OK) != 0
        } else {
            self.isRootfs = try !Self.isImageArchive(path)
        }
    }

    func stream() throws(Failure) -> any TarStream {
        isDirectory ? try DirectoryTar(path) : try FileBytes(path)
    }

    /// An archive of images has its `index.json` or `manifest.json` at the top.
    private static func isImageArchive(_ path: String) throws(Failure) -> Bool {
        guard let archive = archive_read_new() else { throw Failure(.resourceExhausted, "out of memory") }
        defer { archive_read_free(archive) }
        archive_read_support_format_tar(archive)
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_zstd(archive)
        archive_read_support_filter_xz(archive)
        archive_read_support_filter_bzip2(archive)
        guard archive_read_open_filename(archive, path, 64 << 10) == ARCHIVE_OK else {
            throw .invalid("import \"\(path)\": is not a tar archive")
        }
        var entry: OpaquePointer?
        while true {
            switch archive_read_next_header(archive, &entry) {
            case ARCHIVE_OK, ARCHIVE_WARN:
                let name = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
                let bare = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
                if bare == "index.json" || bare == "manifest.json" || bare == "oci-layout" { return true }
            case ARCHIVE_EOF: return false
            default: throw .invalid("import \"\(path)\": the archive is damaged or cut off")
            }
        }
    }
}

/// A tar in portions.
protocol TarStream {
    /// Nil at the end.
    func next() throws(Failure) -> [UInt8]?
}

/// The bytes of a file or of standard input.
final class FileBytes: TarStream {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(Failure) {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.notFound, "import \"\(path)\": cannot be read", cause: SystemCallError("open", on: path))
        }
    }

    deinit {
        close(descriptor)
    }

    func next() throws(Failure) -> [UInt8]? {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, initialized in
            repeat { count = read(descriptor, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
            initialized = max(0, count)
        }
        guard count >= 0 else {
            throw Failure(.unavailable, "import \"\(path)\": cannot be read", cause: SystemCallError("read", on: path))
        }
        return count == 0 ? nil : bytes
    }
}
