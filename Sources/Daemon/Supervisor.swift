internal import Events
internal import Glibc
internal import Kernel
package import Logging
package import Model
internal import NIOPosix
internal import Services
internal import Tasks
internal import UnixSignals

/// The life of one berthd: directories, stores, tasks, sockets, signals.
///
/// Order matters. The directories are locked before anything in them is looked at; the API's socket is taken before
/// tasks are recovered, so that a second supervisor is told so at once and clients that connect meanwhile are
/// answered rather than refused; no call is served, and no shim is heard, before every task is known again.
package enum Supervisor {
    /// How long calls under way may take once the end is wished for. Calls that wait for events never end by
    /// themselves, and every store survives being cut off anywhere.
    private static let grace: Duration = .seconds(1)

    /// How long after a start clients that subscribe to events are still told of what ended before it.
    private static let returnOfClients: Duration = .seconds(30)

    /// Runs until SIGTERM or SIGINT. Containers go on.
    /// - Throws: also `internal` when the API cannot be served any longer; another process may do better.
    package static func run(
        _ configuration: Configuration, logger: Logger, history: LogHistory
    ) async throws(Failure) {
        let notice = ReadinessNotice()
        let root = try DirectoryLock(
            configuration.root, purpose: "data directory", option: "--root", mode: 0o700)
        let state = try DirectoryLock(
            configuration.state, purpose: "state directory", option: "--state", mode: 0o711)
        let socket = try SocketTakeover.listen(
            at: configuration.grpc.address, option: "--address", mode: 0o660,
            owner: uid_t(configuration.grpc.uid), group: gid_t(configuration.grpc.gid))
        defer { unlink(configuration.grpc.address) }
        try await serve(configuration, socket: socket, notice: notice, logger: logger, history: history)
        // Held to here, whatever the optimiser thinks of locks that nobody reads.
        extendLifetime(root)
        extendLifetime(state)
    }

    private static func serve(
        _ configuration: Configuration, socket: consuming FileDescriptor, notice: ReadinessNotice, logger: Logger,
        history: LogHistory
    ) async throws(Failure) {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sigusr1)
        // One loop serves clients and shims, so that a call goes from one to the other without changing threads.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let parts = try await Assembly(configuration, group: group, logger: logger)
        await parts.tasks.recover()
        let tasks = parts.tasks
        let shims = try await ShimEventServer.start(
            path: configuration.shimAddress, group: group, logger: logger
        ) { await tasks.accept($0) }
        let server = APIServer(
            socket: socket, services: try parts.services(configuration),
            maximumMessageSize: configuration.grpc.maximumMessageSize, group: group, logger: logger)
        let (occasions, report) = AsyncStream.makeStream(of: Occasion.self)
        let listening = Task { for await signal in signals { report.yield(.signal(signal)) } }
        defer { listening.cancel() }
        let serving = Task {
            defer { report.yield(.servingEnded) }
            try await server.serve()
        }
        parts.events.serves()
        let forgetting = Task { [events = parts.events] in
            try await Task.sleep(for: returnOfClients)
            events.forgetMissed()
        }
        defer { forgetting.cancel() }
        parts.collector.schedule()
        logger.info(
            "berthd serves",
            metadata: [
                "address": "\(configuration.grpc.address)", "root": "\(configuration.root)",
                "state": "\(configuration.state)", "version": "\(Build.version)", "pid": "\(getpid())",
            ])
        notice.send("READY=1")
        let isServing = await waitForEnd(occasions, logger: logger) {
            await StateDump(parts: parts, history: history, logger: logger).write()
        }
        notice.send("STOPPING=1")
        server.stop()
        await shims.close()
        await finish(serving, logger: logger)
        if !isServing { throw Failure(.internal, "socket \"\(configuration.grpc.address)\": serving has ended") }
    }

    /// What the supervisor's life waits for.
    private enum Occasion {
        case signal(UnixSignal)
        /// Nobody told it to.
        case servingEnded
    }

    /// - Returns: whether clients are still served: then somebody wants the end.
    private static func waitForEnd(
        _ occasions: AsyncStream<Occasion>, logger: Logger, dump: () async -> Void
    ) async -> Bool {
        for await occasion in occasions {
            switch occasion {
            case .signal(.sigusr1): await dump()
            case .signal(let signal):
                logger.info("berthd ends", metadata: ["signal": "\(signal)"])
                return true
            case .servingEnded: return false
            }
        }
        return true
    }

    /// Waits for the calls under way, but not for those that wait themselves.
    private static func finish(_ serving: Task<Void, any Error>, logger: Logger) async {
        let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
        Task {
            do {
                try await serving.value
            } catch {
                logger.error("serving failed", metadata: ["error": "\(error)"])
            }
            continuation.finish()
        }
        Task {
            try? await Task.sleep(for: grace)
            continuation.finish()
        }
        for await _ in ended {}
        serving.cancel()
    }
}
