internal import CArchive
internal import Glibc
internal import Model

/// A directory as a tar stream: owners, modes, times, links, devices and extended attributes as they are on disk.
///
/// Written in portions as they are asked for, so that a tree of any size takes little memory. libarchive(3).
final class DirectoryTar: TarStream {
    private let path: String
    private let disk: OpaquePointer
    private let tar: OpaquePointer
    private let links: OpaquePointer
    private let buffer = Buffer()
    private var isOpenEntry = false
    private var isAtEnd = false
    /// How many bytes of the open entry the tar has.
    private var written: Int64 = 0

    private final class Buffer {
        var bytes: [UInt8] = []
    }

    private static let portion = 512 << 10
    private static let zeros = [UInt8](repeating: 0, count: 64 << 10)

    init(_ path: String) throws(Failure) {
        self.path = path
        guard let disk = archive_read_disk_new(), let tar = archive_write_new(),
            let links = archive_entry_linkresolver_new()
        else { throw Failure(.resourceExhausted, "out of memory") }
        self.disk = disk
        self.tar = tar
        self.links = links
        archive_read_disk_set_symlink_physical(disk)
        archive_write_set_format_pax_restricted(tar)
        archive_write_set_bytes_in_last_block(tar, 1)
        archive_entry_linkresolver_set_strategy(links, archive_format(tar))
        archive_write_open(
            tar, Unmanaged.passUnretained(buffer).toOpaque(), nil,
            { _, context, bytes, count in
                guard let context, let bytes else { return -1 }
                Unmanaged<Buffer>.fromOpaque(context).takeUnretainedValue().bytes
                    .append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
                return count
            }, nil)
        guard archive_read_disk_open(disk, path) == ARCHIVE_OK else { throw failure(disk) }
    }

    deinit {
        archive_entry_linkresolver_free(links)
        archive_read_free(disk)
        archive_write_free(tar)
    }

    /// Nil at the end.
    func next() throws(Failure) -> [UInt8]? {
        while buffer.bytes.count < Self.portion, !isAtEnd {
            try isOpenEntry ? copyData() : beginEntry()
        }
        if buffer.bytes.isEmpty { return nil }
        defer { buffer.bytes.removeAll(keepingCapacity: true) }
        return buffer.bytes
    }

    private func beginEntry() throws(Failure) {
        var entry: OpaquePointer? = archive_entry_new()
        let status = archive_read_next_header2(disk, entry)
        guard status != ARCHIVE_EOF else {
            archive_entry_free(entry)
            isAtEnd = true
            guard archive_write_close(tar) == ARCHIVE_OK else { throw failure(tar) }
            return
        }
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw failure(disk) }
        archive_read_disk_descend(disk)
        rename(entry)
        var spare: OpaquePointer?
        archive_entry_linkify(links, &entry, &spare)
        defer {
            archive_entry_free(entry)
            archive_entry_free(spare)
        }
        // Sockets have no place in a tar, and nobody expects them in an image.
        guard let entry, archive_entry_filetype(entry) != Glibc.S_IFSOCK else { return }
        guard archive_write_header(tar, entry) >= ARCHIVE_WARN else { throw failure(tar) }
        written = 0
        isOpenEntry = archive_entry_size(entry) > 0 && archive_entry_hardlink(entry) == nil
    }

    /// Names relative to the directory, without their owners' names, which mean another thing inside.
    private func rename(_ entry: OpaquePointer?) {
        let full = archive_entry_pathname(entry).map { String(cString: $0) } ?? path
        let relative = full.dropFirst(path.count).drop { $0 == "/" }
        archive_entry_set_pathname(entry, relative.isEmpty ? "." : String(relative))
        archive_entry_set_uname(entry, nil)
        archive_entry_set_gname(entry, nil)
    }

    private func copyData() throws(Failure) {
        var bytes: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        let status = archive_read_data_block(disk, &bytes, &count, &offset)
        guard status != ARCHIVE_EOF else {
            archive_write_finish_entry(tar)
            isOpenEntry = false
            return
        }
        guard status >= ARCHIVE_WARN else { throw failure(disk) }
        try fillHole(to: offset)
        guard archive_write_data(tar, bytes, count) == count else { throw failure(tar) }
        written += Int64(count)
    }

    /// A tar has no holes: what the file system does not store is written as zeros. What is missing at a file's end
    /// libarchive fills itself.
    private func fillHole(to offset: Int64) throws(Failure) {
        while written < offset {
            let count = min(Int(offset - written), Self.zeros.count)
            guard archive_write_data(tar, Self.zeros, count) == count else { throw failure(tar) }
            written += Int64(count)
        }
    }

    private func failure(_ archive: OpaquePointer) -> Failure {
        let detail = archive_error_string(archive).map { String(cString: $0) } ?? "unknown error"
        return Failure(.unavailable, "import \"\(path)\": \(detail)")
    }
}
