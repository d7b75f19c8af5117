internal import Kernel
internal import TTRPC

/// The serving shim: one thread, from its first connection to its last container.
///
/// It outlives the daemon. A new daemon finds the socket in the bundle's `address` file or by the rule that made it, and
/// asks with Connect and State; events that were not confirmed meanwhile come to it as soon as it listens. When the shim
/// itself is killed, its container goes on without anybody to report its end: nothing ties the init's life to the
/// shim's. Whoever finds the shim gone runs its `delete` command, which ends the container through its cgroup.
final class Server {
    private let loop: EventLoop
    private let log: Log
    private let signals: SignalDescriptor
    private let listener: Listener
    private let publisher: EventPublisher
    private let service: TaskService
    private var isShuttingDown = false
    private var abandoned: EventLoop.Deadline?

    /// How long a shim without container and client waits for either, in milliseconds. A daemon that dies between starting
    /// the shim and creating the container must not leave it behind for ever.
    private static let patience = 60_000
    /// How often such a shim looks whether its bundle is still there, in milliseconds: the next daemon removes the bundle
    /// of a creation that the last one did not finish.
    private static let abandonmentCheck = 1_000
    /// How long a shim that is to end tries to hand over its last events, answers and output, in milliseconds.
    private static let farewell = 3_000

    init(_ arguments: Arguments, socket: consuming FileDescriptor, eventsPath: String, log: Log) throws(SystemCallError)
    {
        self.log = log
        let handled = SignalSet([
            Signal.child, Signal.terminate, Signal.interrupt, Signal.hangUp, Signal.brokenPipe,
        ])
        try handled.block()
        signals = try SignalDescriptor(handled)
        try becomeSubreaper()
        loop = try EventLoop()
        listener = try Listener(socket: socket, user: currentUser(), loop: loop, log: log)
        publisher = EventPublisher(path: eventsPath, namespace: arguments.namespace, loop: loop, log: log)
        service = TaskService(
            loop: loop, log: log, namespace: arguments.namespace, publisher: publisher, listener: listener)
        _ = try loop.watch(signals.rawValue, .readable) { [unowned self] _ in takeSignals() }
        listener.handle = { [unowned self] in service.handle($0, $1, $2) }
        listener.data = { [unowned self] in service.streams.data($0, $1, $2, isLast: $3) }
        listener.opened = { [unowned self] in
            publisher.daemonMayBeBack()
            considerAbandonment()
        }
        listener.closed = { [unowned self] in
            service.table.connectionClosed($0)
            service.streams.connectionClosed($0)
            considerAbandonment()
        }
        service.shutdown = { [unowned self] in shutDown() }
        considerAbandonment()
    }

    /// Serves a client that is connected already.
    func admit(_ connection: consuming FileDescriptor) throws(SystemCallError) {
        try listener.admit(connection)
    }

    /// Returns when the shim is to end.
    func run() throws(SystemCallError) {
        try loop.run()
    }

    private func takeSignals() {
        while let signal = (try? signals.next()) ?? nil {
            switch signal {
            case Signal.child: service.reap()
            case Signal.terminate, Signal.interrupt:
                if service.isIdle { shutDown() } else { log.warning("signal \(signal) ignored: a container is there") }
            default: break
            }
        }
    }

    /// Starts or stops the clock after which a shim that nobody needs ends.
    private func considerAbandonment() {
        let isAbandoned = service.isIdle && !listener.hasConnections && !isShuttingDown
        if !isAbandoned, let deadline = abandoned {
            loop.cancel(deadline)
            abandoned = nil
        } else if isAbandoned, abandoned == nil {
            wait(until: Clock.milliseconds() + Int64(Self.patience))
        }
    }

    private func wait(until end: Int64) {
        abandoned = loop.schedule(after: Self.abandonmentCheck) { [unowned self] in
            abandoned = nil
            let hasBundle = (try? workingDirectoryPath())?.hasSuffix(" (deleted)") == false
            guard !hasBundle || Clock.milliseconds() >= end else { return wait(until: end) }
            log.warning(hasBundle ? "no container and no client: the shim ends" : "the bundle is gone: the shim ends")
            shutDown()
        }
    }

    /// Ends the loop once the last events, answers and output have left, or their time is over.
    private func shutDown() {
        guard !isShuttingDown else { return }
        isShuttingDown = true
        listener.stop()
        let deadline = Clock.milliseconds() + Int64(Self.farewell)
        checkFarewell(deadline)
    }

    private func checkFarewell(_ deadline: Int64) {
        let isDone = publisher.isDrained && listener.isFlushed && !service.isDelivering
        if isDone || Clock.milliseconds() >= deadline {
            // The answer to Shutdown is queued after this call returns: the loop turns once more.
            _ = loop.schedule(after: 1) { [unowned self] in loop.stop() }
        } else {
            _ = loop.schedule(after: 10) { [unowned self] in checkFarewell(deadline) }
        }
    }
}
