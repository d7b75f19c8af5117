internal import Kernel
internal import RuntimeSpec

/// A container's directory below the state root. It reserves the container's ID from the first step of `create` on.
///
/// It holds `state.json` once the container is complete, `start`, the socket that the parked init process listens at,
/// until the container is started by another process, and `seccomp`, its filter. A crash before `state.json` is there
/// leaves a directory without one, which `load` clears away; one before the file is complete leaves a state without a
/// process, which `load` finds stopped and `delete` clears away, cgroup and all.
struct StateDirectory: ~Copyable {
    let path: String
    let descriptor: FileDescriptor

    private static let stateFile = "state.json"
    private static let filterFile = "seccomp"
    static let socketFile = "start"

    /// Letters, digits and `_ + - .`; as runc.
    static func checkID(_ id: String) throws(ContainerError) {
        let isValid = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isValid, !id.isEmpty, id.utf8.count <= 1024, id != ".", id != ".." else {
            throw ContainerError(
                .invalidArgument, "container \"\(id)\": expected an ID of letters, digits and \"_+-.\"")
        }
    }

    private init(path: String, descriptor: consuming FileDescriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Reserves the ID, and locks it.
    static func create(id: String, stateRoot: String) throws(ContainerError) -> StateDirectory {
        try checkID(id)
        do {
            try openRoot(stateRoot) { (root: Int32) throws(SystemCallError) in
                try makeDirectory(id, in: root, mode: 0o700)
            }
        } catch {
            guard error.errno != .exists else {
                throw ContainerError(.alreadyExists, "container \"\(id)\" already exists")
            }
            throw ContainerError("make state directory of container \"\(id)\"", error)
        }
        let directory = try open(id: id, stateRoot: stateRoot)
        try directory.lock()
        return directory
    }

    /// The root directory, which is made when it is missing, one level at a time.
    private static func openRoot(
        _ path: String, _ body: (Int32) throws(SystemCallError) -> Void
    ) throws(SystemCallError) {
        let root: FileDescriptor
        do {
            root = try FileDescriptor.open(path, [.pathOnly, .directory])
        } catch {
            guard error.errno == .noSuchFile else { throw error }
            var prefix = ""
            for component in path.split(separator: "/") {
                prefix += (prefix.isEmpty && !path.hasPrefix("/") ? "" : "/") + component
                do {
                    try makeDirectory(prefix, mode: 0o700)
                } catch {
                    guard error.errno == .exists else { throw error }
                }
            }
            root = try FileDescriptor.open(path, [.pathOnly, .directory])
        }
        try body(root.rawValue)
    }

    static func open(id: String, stateRoot: String) throws(ContainerError) -> StateDirectory {
        try checkID(id)
        let path = stateRoot + "/" + id
        do {
            return StateDirectory(
                path: path, descriptor: try FileDescriptor.open(path, [.readOnly, .directory, .noFollow]))
        } catch {
            guard error.errno != .noSuchFile else {
                throw ContainerError(.notFound, "container \"\(id)\" does not exist")
            }
            throw ContainerError("container \"\(id)\"", error)
        }
    }

    /// A name for the directory that fits into a socket's address, however long the state root is.
    private var shortPath: String { "/proc/self/fd/\(descriptor.rawValue)" }

    /// Where a process that starts the container connects to.
    func listen() throws(ContainerError) -> FileDescriptor {
        do {
            return try Channel.listen(at: shortPath + "/" + Self.socketFile)
        } catch {
            throw ContainerError("listen in \"\(path)\"", error)
        }
    }

    /// Nil if no init process waits there.
    func connect() throws(ContainerError) -> Channel? {
        do {
            return try Channel.connect(to: shortPath + "/" + Self.socketFile)
        } catch {
            if error.errno == .noSuchFile || error.errno == .connectionRefused { return nil }
            throw ContainerError("connect to init in \"\(path)\"", error)
        }
    }

    /// Takes the lock that a creator holds until its container is complete. Readers have it for moments only.
    func lock() throws(ContainerError) {
        do {
            try lockFile(descriptor.rawValue)
        } catch {
            throw ContainerError("lock \"\(path)\"", error)
        }
    }

    /// Whether some process is creating the container right now.
    var isLocked: Bool {
        guard tryLockFileShared(descriptor.rawValue) else { return true }
        unlockFile(descriptor.rawValue)
        return false
    }

    func unlock() {
        unlockFile(descriptor.rawValue)
    }

    func removeSocket() {
        try? removeFile(Self.socketFile, in: descriptor.rawValue)
    }

    var hasSocket: Bool {
        (try? FileStatus(entry: Self.socketFile, of: descriptor.rawValue)) != nil
    }

    /// Makes the state file, with room for what `complete` adds.
    func reserve(_ state: ContainerState) throws(ContainerError) {
        do {
            let file = try FileDescriptor.open(
                Self.stateFile, [.writeOnly, .create, .truncate], mode: 0o600, beneath: descriptor.rawValue)
            try file.write(Self.padded(state, to: Self.size(of: state)), name: Self.stateFile)
        } catch {
            throw ContainerError("write state of container \"\(state.id)\"", error)
        }
    }

    /// Replaces the state by one of the same length in a single write, which a crash of this process does not cut;
    /// others read it once the lock is free. A file of its own to rename would cost more than all else that is written.
    func complete(_ state: ContainerState, reserved: ContainerState) throws(ContainerError) {
        do {
            let file = try FileDescriptor.open(Self.stateFile, .writeOnly, beneath: descriptor.rawValue)
            try file.write(Self.padded(state, to: Self.size(of: reserved)), name: Self.stateFile)
        } catch {
            throw ContainerError("write state of container \"\(state.id)\"", error)
        }
    }

    /// What a PID, an identity and namespaces can add.
    private static let roomToGrow = 160

    private static func size(of state: ContainerState) -> Int {
        JSONWriter.bytes(of: state).count + roomToGrow
    }

    private static func padded(_ state: ContainerState, to size: Int) -> String {
        let bytes = JSONWriter.bytes(of: state)
        return String(decoding: bytes, as: UTF8.self) + String(repeating: " ", count: max(0, size - bytes.count - 1))
            + "\n"
    }

    /// Nil when the container was never completed.
    func readState() throws(ContainerError) -> ContainerState? {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.read(Self.stateFile, beneath: descriptor.rawValue, limit: 16 << 20)
        } catch {
            if error.errno == .noSuchFile { return nil }
            throw ContainerError("read state in \"\(path)\"", error)
        }
        do {
            return try bytes.withUnsafeBytes { (buffer) throws(SpecError) in
                try JSONReader.parse(ContainerState.self, buffer)
            }
        } catch {
            throw ContainerError(.internal, "state in \"\(path)\": \(error)")
        }
    }

    /// Keeps the filter for processes that follow later.
    func write(_ filter: SystemCallFilter) throws(ContainerError) {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: UInt64(filter.flags)) { bytes.append(contentsOf: $0) }
        filter.instructions.withUnsafeBytes { bytes.append(contentsOf: $0) }
        do {
            try SmallFile.replace(Self.filterFile, with: bytes, beneath: descriptor.rawValue)
        } catch {
            throw ContainerError("write seccomp filter in \"\(path)\"", error)
        }
    }

    func readFilter() throws(ContainerError) -> SystemCallFilter? {
        do throws(SystemCallError) {
            let bytes = try SmallFile.read(Self.filterFile, beneath: descriptor.rawValue)
            var words: [UInt64] = bytes.withUnsafeBytes { buffer in
                (0..<buffer.count / 8).map { buffer.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
            }
            guard words.count > 1, bytes.count % 8 == 0 else {
                throw SystemCallError("read", on: Self.filterFile, errno: .inputOutput)
            }
            let flags = UInt32(truncatingIfNeeded: words.removeFirst())
            return SystemCallFilter(instructions: words, flags: flags)
        } catch {
            if error.errno == .noSuchFile { return nil }
            throw ContainerError("read seccomp filter in \"\(path)\"", error)
        }
    }

    /// Removes the directory with all it may hold. The ID is free then.
    func remove() throws(ContainerError) {
        RestoreMounts.remove(path)
        do throws(SystemCallError) {
            for name in [
                Self.stateFile, Self.stateFile + ".new", Self.filterFile, Self.filterFile + ".new", Self.socketFile,
            ] {
                do {
                    try removeFile(name, in: descriptor.rawValue)
                } catch {
                    guard error.errno == .noSuchFile else { throw error }
                }
            }
            ContainerFailpoint.stateRemoved.reach()
            do {
                try removeDirectory(path)
            } catch {
                guard error.errno == .noSuchFile else { throw error }
            }
        } catch {
            throw ContainerError("remove state directory \"\(path)\"", error)
        }
    }
}
