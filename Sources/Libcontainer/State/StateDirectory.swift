internal import Kernel
internal import RuntimeSpec

/// A container's directory below the state root. It reserves the container's ID from the first step of `create` on.
///
/// It holds `state.json` once the container is complete, `start`, the socket that the parked init process listens at, until
/// the container is started by another process, and `seccomp`, its filter. A crash before `state.json` is there leaves a
/// directory without one, which `load` and `delete` clear away.
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

    /// Reserves the ID.
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
        return try open(id: id, stateRoot: stateRoot)
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

    /// Takes the lock that a creator holds until its container is complete; false if somebody has it.
    func lock() -> Bool {
        lockFile(descriptor.rawValue)
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

    /// Puts the state in place, whole.
    func write(_ state: ContainerState) throws(ContainerError) {
        do {
            try SmallFile.replace(
                Self.stateFile, with: JSONWriter.bytes(of: state), beneath: descriptor.rawValue)
        } catch {
            throw ContainerError("write state of container \"\(state.id)\"", error)
        }
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
        do throws(SystemCallError) {
            for name in [Self.stateFile, Self.stateFile + ".new", Self.filterFile, Self.filterFile + ".new", Self.socketFile] {
                do {
                    try removeFile(name, in: descriptor.rawValue)
                } catch {
                    guard error.errno == .noSuchFile else { throw error }
                }
            }
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
