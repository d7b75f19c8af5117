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
    static func environment(_ configuration: TaskRuntimeConfiguration, key: TaskKey, kind: ShimProgram.Kind) -> [String]
    {
        var environment = environment(configuration) + ["NAMESPACE=" + key.namespace]
        if kind == .stock { environment += ["MAX_SHIM_VERSION=3", "GOMAXPROCS=2"] }
        return environment
    }

    /// The part that is the same for all tasks.
    static func environment(_ configuration: TaskRuntimeConfiguration) -> [String] {
        [
            "PATH="
                + (getenv("PATH").map { String(cString: $0) } ?? configuration.programDirectories.joined(separator: ":")),
            "TTRPC_ADDRESS=" + configuration.eventAddress,
            "GRPC_ADDRESS=" + configuration.address,
        ]
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
        let running: Running
        do {
            running = try start(extra + [verb], input: input)
        } catch {
            throw Failure(.internal, "\(what): cannot be run", cause: error)
        }
        // Not cut short by the caller's cancellation: half a clean-up is worse than a late one.
        let limit = configuration.deadlines.command
        let process = running.process
        let ended = await Task { await process.ended(within: limit) }.value
        guard ended else {
            process.kill()
            throw Failure(.deadlineExceeded, "\(what): not done after \(limit), killed")
        }
        guard process.exit == .exited(code: 0) else {
            let text = String(decoding: Self.contents(running.errors).prefix(4096), as: UTF8.self)
            throw Failure(.internal, "\(what): failed: \(text.isEmpty ? "no message" : text)")
        }
        return Self.contents(running.output)
    }

    private struct Running: ~Copyable {
        let process: WatchedProcess
        let output: FileDescriptor
        let errors: FileDescriptor
    }

    private func start(_ arguments: [String], input: [UInt8]) throws(SystemCallError) -> Running {
        let stdin = try FileDescriptor.memoryFile("stdin")
        try input.withUnsafeBytes { bytes in
            Result { () throws(SystemCallError) in try stdin.writeAll(bytes) }
        }.get()
        try stdin.seek(to: 0)
        let output = try FileDescriptor.memoryFile("stdout")
        let errors = try FileDescriptor.memoryFile("stderr")
        let pid = try HostProgram.spawn(
            program.path, arguments: [program.path] + Self.arguments(configuration, key: key) + arguments,
            environment: Self.environment(configuration, key: key, kind: program.kind),
            descriptors: [stdin.rawValue, output.rawValue, errors.rawValue], session: true, directory: bundle)
        // The child is ours and not reaped: its number is still its own.
        guard let process = WatchedProcess(pid: pid) else { throw SystemCallError("pidfd_open", on: "\(pid)") }
        return Running(process: process, output: output, errors: errors)
    }

    private static func contents(_ file: borrowing FileDescriptor) -> [UInt8] {
        do {
            try file.seek(to: 0)
            return try file.readAll(limit: maximumAnswer)
        } catch {
            return []
        }
    }
}
