internal import CLinux

/// Directories that Berth itself made or the kernel offers, by path.
package enum Directory {
    /// See mkdir(2).
    package static func make(
        _ path: String, mode: UInt32 = 0o755, beneath directory: Int32 = workingDirectory
    ) throws(SystemCallError) {
        try retrying("mkdirat", on: path) { mkdirat(directory, path, mode) }
    }

    /// Removes an empty directory. See rmdir(2).
    package static func remove(_ path: String, beneath directory: Int32 = workingDirectory) throws(SystemCallError) {
        try retrying("rmdir", on: path) { unlinkat(directory, path, AT_REMOVEDIR) }
    }

    package static func exists(_ path: String, beneath directory: Int32 = workingDirectory) -> Bool {
        var status = stat()
        return fstatat(directory, path, &status, 0) == 0 && status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR)
    }

    /// Names in a directory without `.` and `..`, in the order the kernel gives. See readdir(3).
    package static func entries(
        _ path: String, beneath directory: Int32 = workingDirectory
    ) throws(SystemCallError) -> [Entry] {
        let opened = try FileDescriptor.open(path, [.readOnly, .directory], beneath: directory).release()
        guard let stream = fdopendir(opened) else {
            let error = SystemCallError("fdopendir", on: path)
            close(opened)
            throw error
        }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while let entry = readdir(stream) {
            let isDirectory = entry.pointee.d_type == UInt8(DT_DIR)
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { entries.append(Entry(name: name, isDirectory: isDirectory)) }
        }
        return entries
    }

    package struct Entry: Sendable, Equatable {
        package let name: String
        /// False also where the file system does not tell.
        package let isDirectory: Bool
    }
}

extension FilesystemMagic {
    package static let cgroup = FilesystemMagic(rawValue: 0x27_e0eb)
    package static let cgroup2 = FilesystemMagic(rawValue: 0x6367_7270)

    /// The type of the file system that a path is on. See statfs(2).
    package static func of(_ path: String) throws(SystemCallError) -> FilesystemMagic {
        var information = statfs()
        try retrying("statfs", on: path) { statfs(path, &information) }
        return FilesystemMagic(rawValue: UInt64(UInt(bitPattern: information.f_type)))
    }
}
