internal import CLinux

/// How `FileDescriptor.open` opens. See open(2).
package struct OpenFlags: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package static let readOnly = OpenFlags(rawValue: O_RDONLY)
    package static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    package static let readWrite = OpenFlags(rawValue: O_RDWR)
    package static let create = OpenFlags(rawValue: O_CREAT)
    package static let exclusive = OpenFlags(rawValue: O_EXCL)
    package static let truncate = OpenFlags(rawValue: O_TRUNC)
    package static let append = OpenFlags(rawValue: O_APPEND)
    package static let directory = OpenFlags(rawValue: O_DIRECTORY)
    package static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    package static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    package static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)
    /// A place in the file system only: nothing is opened, no device is touched.
    package static let pathOnly = OpenFlags(rawValue: 0x200000)
}

/// Where relative paths count from: the working directory. See openat(2), `AT_FDCWD`.
package let workingDirectory: Int32 = AT_FDCWD

extension FileDescriptor {
    /// Opens a path that counts from `directory`; close-on-exec always. See openat(2).
    ///
    /// For paths that Berth itself made. Paths that a container can change go through openat2(2).
    package static func open(
        _ path: String, _ flags: OpenFlags, mode: UInt32 = 0o600, beneath directory: Int32 = workingDirectory
    ) throws(SystemCallError) -> FileDescriptor {
        FileDescriptor(
            owning: try retrying("openat", on: path) {
                berth_openat(directory, path, flags.rawValue | O_CLOEXEC, mode)
            })
    }

    /// Reads from the current offset to the end; a file that holds more than `limit` bytes is `fileTooLarge`.
    package borrowing func readAll(
        limit: Int, expecting size: Int = 4096, name: @autoclosure () -> String? = nil
    ) throws(SystemCallError) -> [UInt8] {
        let raw = rawValue
        var bytes: [UInt8] = []
        var room = min(size, limit + 1)
        while true {
            let chunk = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count throws(SystemCallError) in
                count = try retrying("read", on: name()) { CLinux.read(raw, buffer.baseAddress, room) }
            }
            if chunk.isEmpty { return bytes }
            if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
            if bytes.count > limit { throw SystemCallError("read", on: name(), errno: .fileTooLarge) }
            room = min(max(bytes.count, 4096), limit + 1 - bytes.count)
        }
    }

    /// Writes all the bytes, in as many calls as the kernel needs. See write(2).
    package borrowing func writeAll(
        _ bytes: UnsafeRawBufferPointer, name: @autoclosure () -> String? = nil
    ) throws(SystemCallError) {
        let raw = rawValue
        var written = 0
        while written < bytes.count {
            written += try retrying("write", on: name()) {
                CLinux.write(raw, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
        }
    }
}

/// Small files, whole: configuration, state, and the kernel's control files.
package enum SmallFile {
    /// No file that Berth reads whole is larger, unless the caller says so.
    package static let limit = 1 << 20

    package static func read(
        _ path: String, beneath directory: Int32 = workingDirectory, limit: Int = SmallFile.limit
    ) throws(SystemCallError) -> [UInt8] {
        try FileDescriptor.open(path, .readOnly, beneath: directory).readAll(limit: limit, name: path)
    }

    /// As `read`; bytes that are not UTF-8 are replaced.
    package static func text(
        _ path: String, beneath directory: Int32 = workingDirectory, limit: Int = SmallFile.limit
    ) throws(SystemCallError) -> String {
        String(decoding: try read(path, beneath: directory, limit: limit), as: UTF8.self)
    }

    /// Writes to a file that exists, in one write(2), as the kernel's control files demand.
    package static func write(
        _ text: String, to path: String, beneath directory: Int32 = workingDirectory
    ) throws(SystemCallError) {
        let file = try FileDescriptor.open(path, .writeOnly, beneath: directory)
        try file.write(text, name: path)
    }

    /// Puts a file in place at once: a reader, also one after a crash of this process, finds the old one or the new one,
    /// whole. A crash leaves at worst `path` + ".new". Not synchronised to disk. See rename(2).
    package static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600, beneath directory: Int32 = workingDirectory
    ) throws(SystemCallError) {
        let temporary = path + ".new"
        let file = try FileDescriptor.open(temporary, [.writeOnly, .create, .truncate], mode: mode, beneath: directory)
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(SystemCallError) in try file.writeAll(buffer, name: temporary) }
        }.get()
        try checked("renameat", on: path) { renameat(directory, temporary, directory, path) }
    }
}

extension FileDescriptor {
    /// Writes the text in one write(2); less than all of it is an error.
    package borrowing func write(_ text: String, name: @autoclosure () -> String? = nil) throws(SystemCallError) {
        let raw = rawValue
        var text = text
        let count = text.utf8.count
        let written = try retrying("write", on: name()) {
            text.withUTF8 { CLinux.write(raw, $0.baseAddress, $0.count) }
        }
        if written != count { throw SystemCallError("write", on: name(), errno: .inputOutput) }
    }
}
