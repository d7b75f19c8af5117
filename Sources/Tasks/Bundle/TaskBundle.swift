internal import Glibc
internal import Kernel
internal import Model

/// A task's directory, as shims of every make expect it: `config.json`, `rootfs`, what the shim keeps there, and the
/// supervisor's own record of it in `task`.
///
/// A bundle outlives the supervisor and is all that the next one has to go by.
struct TaskBundle: Hashable, Sendable {
    let path: String
    private let parent: String

    init(_ key: TaskKey, _ configuration: TaskRuntimeConfiguration) {
        parent = Self.root(configuration) + "/" + key.namespace
        path = parent + "/" + key.id
    }

    static func root(_ configuration: TaskRuntimeConfiguration) -> String {
        configuration.stateDirectory + "/io.containerd.runtime.v2.task"
    }

    /// The shim's stderr; a third-party shim opens it by this name.
    var log: String { path + "/log" }
    var rootfs: String { path + "/rootfs" }
    private var record: String { path + "/task" }

    /// Every bundle below the state directory, whole or half-made.
    static func all(_ configuration: TaskRuntimeConfiguration) -> [TaskKey] {
        let root = root(configuration)
        return names(in: root).flatMap { namespace in
            names(in: root + "/" + namespace).map { TaskKey(namespace: namespace, id: $0) }
        }
    }

    /// Makes the directory with its record and the configuration. Nothing else of the task exists before.
    /// - Throws: having removed what it made.
    func make(spec: [UInt8], record: TaskRecord) throws(Failure) {
        do throws(SystemCallError) {
            try makeDirectory()
        } catch {
            throw Failure(.internal, "bundle \"\(path)\": cannot be made", cause: error)
        }
        do throws(SystemCallError) {
            try write(record)
            try Self.makeDirectory(rootfs, mode: 0o711)
            try Self.write(spec, to: path + "/config.json")
        } catch {
            try? remove()
            let code: Failure.Code = error.errno == .noSpace ? .resourceExhausted : .internal
            throw Failure(code, "bundle \"\(path)\": cannot be written", cause: error)
        }
    }

    func write(_ record: TaskRecord) throws(SystemCallError) {
        try SmallFile.replace(self.record, with: record.encoded())
    }

    /// Nil when the bundle has no whole record: the supervisor died before it wrote one.
    func readRecord() -> TaskRecord? {
        guard let bytes = try? SmallFile.read(record) else { return nil }
        return TaskRecord(parsing: bytes)
    }

    /// Takes every mount off `rootfs`; a shim that was killed could not. See umount2(2), `MNT_DETACH`.
    func unmountRootfs() {
        while umount2(rootfs, Int32(MNT_DETACH) | Int32(UMOUNT_NOFOLLOW)) == 0 {}
    }

    /// Removes the directory and what is in it, never what is mounted in it.
    func remove() throws(SystemCallError) {
        if rmdir(rootfs) != 0, Glibc.errno == EBUSY { unmountRootfs() }
        do throws(SystemCallError) {
            try DirectoryTree.remove(path)
        } catch {
            if error.errno != .noSuchFile { throw error }
        }
    }

    private func makeDirectory() throws(SystemCallError) {
        do throws(SystemCallError) {
            try Self.makeDirectory(path, mode: 0o700)
        } catch {
            switch error.errno {
            case .noSuchFile:
                try Self.makeDirectories(parent)
            case .exists:
                // No task has it: an earlier removal did not come to its end.
                unmountRootfs()
                try DirectoryTree.remove(path)
            default:
                throw error
            }
            try Self.makeDirectory(path, mode: 0o700)
        }
    }

    /// Makes a directory and its parents, closed to other users.
    static func makeDirectories(_ path: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try makeDirectory(path, mode: 0o700)
        } catch {
            if error.errno == .exists { return }
            guard error.errno == .noSuchFile, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
                throw error
            }
            try makeDirectories(String(path[..<slash]))
            try makeDirectory(path, mode: 0o700)
        }
    }

    private static func makeDirectory(_ path: String, mode: mode_t) throws(SystemCallError) {
        try retrying("mkdir", on: path) { mkdir(path, mode) }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(SystemCallError) {
        let file = try FileDescriptor.open(path, [.writeOnly, .create, .exclusive], mode: 0o600)
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(SystemCallError) in try file.writeAll(buffer, name: path) }
        }.get()
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            // Only what a client could have named: a bundle's name is checked before it is made.
            guard (try? Identifier.check(name, "task")) != nil else { continue }
            names.append(name)
        }
        return names
    }
}
