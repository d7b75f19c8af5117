internal import ContainerdTypes
internal import Glibc
internal import Kernel
internal import Logging
internal import Model
internal import NIOCore
internal import SwiftProtobuf

/// Starts shims, finds them again, and has them clean up after a shim that died.
struct ShimLauncher: Sendable {
    let configuration: TaskRuntimeConfiguration
    let group: any EventLoopGroup
    let logger: Logger
    let spares: SpareShims

    init(configuration: TaskRuntimeConfiguration, group: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        spares = SpareShims(configuration: configuration, group: group, logger: logger)
    }

    /// A path for a new shim's socket, never used before: a shim that is about to end may still remove its own.
    func newSocketPath() -> String {
        var random = SystemRandomNumberGenerator()
        let name = String(random.next(), radix: 16) + String(random.next(), radix: 16)
        return configuration.socketDirectory + "/" + name
    }

    /// Starts Berth's own shim on a socket that listens already, so that it can be spoken to at once.
    func startOwn(_ record: TaskRecord, _ key: TaskKey, bundle: TaskBundle) async throws(Failure) -> Shim {
        let process: WatchedProcess
        do {
            let listener = try listen(record.socket)
            await Failpoint.reach("tasks.create.after-socket")
            let null = try Kernel.FileDescriptor.open("/dev/null", .readOnly)
            let log = try Kernel.FileDescriptor.open(bundle.log, [.writeOnly, .create, .append], mode: 0o600)
            let pid = try HostProgram.spawn(
                record.program.path,
                arguments: [record.program.path] + ShimCommand.arguments(configuration, key: key) + [
                    "-listen-fd", "3",
                ],
                environment: ShimCommand.environment(configuration, key: key, kind: .berth),
                descriptors: [null.rawValue, log.rawValue, log.rawValue, listener.rawValue], session: true,
                directory: bundle.path)
            await Failpoint.reach("tasks.create.after-spawn")
            guard let watched = WatchedProcess(pid: pid) else { throw SystemCallError("pidfd_open", on: "\(pid)") }
            process = watched
        } catch {
            throw Failure(
                .internal, "shim \"\(record.program.path)\" of task \"\(key.id)\": cannot be started", cause: error)
        }
        do {
            let channel = try await ShimChannel.connect(path: record.socket, peer: Shim.name(key), group: group)
            let client = TaskClient(channel: channel, version: record.version, key: key)
            return Shim(process: process, client: client, socket: record.socket)
        } catch {
            process.kill()
            throw error
        }
    }

    /// Makes a spare shim the task's, on a socket of the task's own.
    func assign(
        _ spare: SpareShim, _ record: TaskRecord, _ key: TaskKey, bundle: TaskBundle
    ) async throws(Failure) -> Shim {
        do {
            let listener = try listen(record.socket)
            await Failpoint.reach("tasks.create.after-socket")
            let log = try Kernel.FileDescriptor.open(bundle.log, [.writeOnly, .create, .append], mode: 0o600)
            let arguments =
                [record.program.path] + ShimCommand.arguments(configuration, key: key) + [
                    "-bundle", bundle.path, "-listen-fd", "3",
                ]
            try spare.assign(arguments, listener: listener.rawValue, log: log.rawValue)
            await Failpoint.reach("tasks.create.after-spawn")
        } catch {
            throw Failure(
                .internal, "spare shim (pid \(spare.process.pid)): cannot become that of task \"\(key.id)\"",
                cause: error)
        }
        let client = TaskClient(channel: spare.channel, version: record.version, key: key)
        return Shim(process: spare.process, client: client, socket: record.socket)
    }

    /// Starts a third-party shim by containerd's protocol. It may answer with the address of one that runs already
    /// and serves a group of containers.
    func startStock(
        _ program: ShimProgram, _ key: TaskKey, bundle: TaskBundle, options: TypedPayload?
    ) async throws(Failure) -> Shim {
        // The shim opens its log by name and expects it to be there.
        _ = try? Kernel.FileDescriptor.open(bundle.log, [.writeOnly, .create], mode: 0o600)
        let input = (try? options.map { try Google_Protobuf_Any($0).serializedBytes() as [UInt8] }) ?? []
        let begin = ProcessTable.now()
        let output = try await command(program, key, bundle).run("start", input: input)
        await Failpoint.reach("tasks.create.after-spawn")
        let answer = try BootstrapAnswer(parsing: output, program: program.path)
        let channel = try await ShimChannel.connect(path: answer.path, peer: Shim.name(key), group: group)
        let client = TaskClient(channel: channel, version: answer.version, key: key)
        let pid = try await client.connect(deadline: configuration.deadlines.request).shim
        guard let process = WatchedProcess(pid: Int32(bitPattern: pid)) else {
            throw Failure(.unavailable, "\(Shim.name(key)): ended as soon as it had started")
        }
        return Shim(
            process: process, client: client, socket: answer.path, isOwn: process.startTime >= begin)
    }

    /// Has the shim's `delete` command end the container's processes and take its mounts and cgroup away.
    ///
    /// Tried again when it fails: where memory has run out, it may be killed as the shim was, and what it leaves then
    /// nobody would come back for.
    /// - Returns: the exit it reports.
    func cleanUp(
        _ program: ShimProgram, _ key: TaskKey, bundle: TaskBundle
    ) async throws(Failure) -> (pid: UInt32, status: UInt32, at: Timestamp) {
        for _ in 1..<Self.cleanUpAttempts {
            do throws(Failure) {
                return try await cleanUpOnce(program, key, bundle)
            } catch {
                if error.code == .deadlineExceeded { throw error }
                logger.warning("clean-up is tried again", metadata: ["error": "\(error)", "task": "\(key.id)"])
            }
        }
        return try await cleanUpOnce(program, key, bundle)
    }

    private static let cleanUpAttempts = 3

    private func cleanUpOnce(
        _ program: ShimProgram, _ key: TaskKey, _ bundle: TaskBundle
    ) async throws(Failure) -> (pid: UInt32, status: UInt32, at: Timestamp) {
        let output = try await command(program, key, bundle).run("delete", arguments: ["-bundle", bundle.path])
        do {
            let answer = try Containerd_Task_V2_DeleteResponse(serializedBytes: output)
            let at = answer.hasExitedAt ? Timestamp(answer.exitedAt) : .now()
            return (answer.pid, answer.exitStatus, at)
        } catch {
            throw Failure(.internal, "\(program.path) delete: the answer is malformed", cause: error)
        }
    }

    /// Kills every process that runs the program in the bundle: the shim of a bundle whose record names none yet.
    ///
    /// Looks again after each kill: a `start` command may have left a shim behind while it was being found.
    func killUnrecorded(_ program: ShimProgram, bundle: TaskBundle) async {
        for _ in 0..<Self.generations {
            let pids = ProcessTable.processes(running: program.path, in: bundle.path)
            if pids.isEmpty { return }
            for pid in pids {
                guard let process = WatchedProcess(pid: pid) else { continue }
                process.kill()
                _ = await process.ended(within: configuration.deadlines.shutdown)
            }
        }
    }

    /// More than any chain of processes from a `start` command to its shim.
    private static let generations = 10

    private func command(_ program: ShimProgram, _ key: TaskKey, _ bundle: TaskBundle) -> ShimCommand {
        ShimCommand(program: program, key: key, bundle: bundle.path, configuration: configuration)
    }

    private func listen(_ path: String) throws(SystemCallError) -> Kernel.FileDescriptor {
        do {
            return try ListeningSocket.make(path: path)
        } catch {
            guard error.errno == .noSuchFile else { throw error }
            try TaskBundle.makeDirectories(configuration.socketDirectory)
            return try ListeningSocket.make(path: path)
        }
    }
}
