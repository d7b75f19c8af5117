internal import Glibc
internal import Kernel
internal import Model

/// A short command of a shim program, `start` or `delete`, run to its end.
///
/// Its answer goes through memory files rather than pipes: a daemon that `start` leaves behind may keep them open
/// without holding anyone up.
struct ShimCommand: Sendable {
    /// More than any address or encoded DeleteResponse; what exceeds it is cut off.
    private static let maximumAnswer = 1 << 20

    let program: ShimProgram
    let key: TaskKey
    let bundle: String
    let configuration: TaskRuntimeConfiguration

    /// What containerd and its shims agree on about the environment.
    static func environment(_ configuration: TaskRuntimeConfiguration, key: TaskKey, kind: ShimProgram.Kind) -> [String] {
        var environment = [
            "PATH=" + (getenv("PATH").map { String(cString: $0) } ?? configuration.programDirectories.joined(separator: ":")),
            "TTRPC_ADDRESS=" + configuration.eventAddress,
            "GRPC_ADDRESS=" + configuration.address,
            "NAMESPACE=" + key.namespace,
        ]
        if kind == .stock { environment += ["MAX_SHIM_VERSION=3", "GOMAXPROCS=2"] }
        return environment
    }

    /// What every shim invocation begins with.
    static func arguments(_ configuration: TaskRuntimeConfiguration, key: TaskKey) -> [String] {
        var arguments = [
            "-namespace", key.namespace, "-address", configuration.address, "-publish-binary",
            configuration.publishProgram, "-id", key.id,
        ]
        if configuration.debug { arguments.append("-debug") }
        return arguments
    }

    /// Runs `PROGRAM ... verb` with `input` as its stdin.
    /// - Returns: what it wrote to stdout.
    /// - Throws: `internal` with what it wrote to stderr when it fails, `deadlineExceeded` when it had to be killed.
    func run(_ verb: String, arguments extra: [String] = [], input: [UInt8] = []) async throws(Failure) -> [UInt8] {
        let what = "\(program.path) \(verb) for task \"\(key.id)\""
        let output: FileDescriptor
        let errors: FileDescriptor
        let process: WatchedProcess
        do {
            let stdin = try Self.memoryFile("stdin", holding: input)
            output = try Self.memoryFile("stdout")
            errors = try Self.memoryFile("stderr")
            let pid = try ProgramSpawn(
                path: program.path,
                arguments: Self.arguments(configuration, key: key) + extra + [verb],
                environment: Self.environment(configuration, key: key, kind: program.kind), directory: bundle,
                descriptors: [stdin.rawValue, output.rawValue, errors.rawValue]
            ).start()
            // The child is ours and not reaped: its number is still its own.
            guard let watched = WatchedProcess(pid: pid) else {
                throw SystemCallError("pidfd_open", on: "\(pid)")
            }
            process = watched
        } catch {
            throw Failure(.internal, "\(what): cannot be run", cause: error)
        }
        // Not cut short by the caller's cancellation: half a clean-up is worse than a late one.
        let limit = configuration.deadlines.command
        let ended = await Task { await process.ended(within: limit) }.value
        guard ended else {
            process.kill()
            throw Failure(.deadlineExceeded, "\(what): not done after \(limit), killed")
        }
        guard process.exit == .exited(code: 0) else {
            let text = String(decoding: Self.contents(errors).prefix(4096), as: UTF8.self)
            throw Failure(.internal, "\(what): failed: \(text.isEmpty ? "no message" : text)")
        }
        return Self.contents(output)
    }

    private static func memoryFile(
        _ name: String, holding bytes: [UInt8] = []
    ) throws(SystemCallError) -> FileDescriptor {
        let file = FileDescriptor(
            owning: try checked("memfd_create", on: name) { memfd_create(name, UInt32(MFD_CLOEXEC)) })
        let descriptor = file.rawValue
        if !bytes.isEmpty {
            try retrying("pwrite", on: name) { pwrite(descriptor, bytes, bytes.count, 0) }
        }
        return file
    }

    private static func contents(_ file: borrowing FileDescriptor) -> [UInt8] {
        let descriptor = file.rawValue
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return [] }
        let size = min(Int(status.st_size), maximumAnswer)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
        }
    }
}
