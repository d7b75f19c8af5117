internal import Kernel
internal import TTRPC
internal import TaskAPI

/// Delivers events to the daemon's ttrpc socket, for as long as it takes.
final class EventPublisher {
    private let path: String
    private let namespace: String
    private let loop: EventLoop
    private let log: Log
    private var queue = EventQueue()
    private var link: Link?
    private var retry: EventLoop.Deadline?
    private var reportedFailure = false

    /// A connection to the daemon.
    private final class Link {
        let socket: FileDescriptor
        var client = ClientConnection()
        var watch: EventLoop.Watch?
        var output: [UInt8] = []
        var timeout: EventLoop.Deadline?

        init(socket: consuming FileDescriptor) {
            self.socket = socket
        }
    }

    /// How long the daemon may take to confirm an event, in milliseconds, before another connection is tried.
    private static let patience = 10_000

    /// Called whenever the last event was confirmed.
    var drained: () -> Void = {}

    init(path: String, namespace: String, loop: EventLoop, log: Log) {
        self.path = path
        self.namespace = namespace
        self.loop = loop
        self.log = log
    }

    var isDrained: Bool { queue.isEmpty }

    func publish(_ event: TaskEvent) {
        let now = Clock.now()
        let dropped = queue.dropped
        queue.append(event, at: Instant(seconds: now.seconds, nanoseconds: now.nanoseconds))
        if queue.dropped != dropped { log.warning("event dropped: \(queue.count) wait for the daemon at \"\(path)\"") }
        if retry == nil { advance() }
    }

    /// Tries again at once: there is a sign that the daemon is back.
    func daemonMayBeBack() {
        guard let retry else { return }
        loop.cancel(retry)
        self.retry = nil
        advance()
    }

    private func advance() {
        guard let entry = queue.next() else {
            if queue.isEmpty { drained() }
            return
        }
        do {
            let link = try self.link ?? connect()
            let request = entry.event.forward(namespace: namespace, at: entry.time)
            guard let call = encode(request, on: link) else { return }
            link.output += call.bytes
            link.timeout = loop.schedule(after: Self.patience) { [unowned self] in
                failed("no answer within \(Self.patience / 1000) s")
            }
            flush(link)
        } catch {
            failed("\(error)")
        }
    }

    private func encode(_ request: Request, on link: Link) -> ClientConnection.Call? {
        do {
            return try link.client.call(request)
        } catch {
            switch error {
            case .messageTooLarge(let size):
                finish(.refused(Status(.resourceExhausted, "event of \(size) bytes is above every message's limit")))
            case .exhausted: failed("stream numbers are used up")
            }
            return nil
        }
    }

    private func connect() throws(SystemCallError) -> Link {
        let link = Link(socket: try UnixSocket.connect(path: path))
        link.watch = try loop.watch(link.socket.rawValue, .readable) { [unowned self] in ready($0) }
        self.link = link
        return link
    }

    private func ready(_ ready: Epoll.Interest) {
        guard let link else { return }
        if ready.contains(.writable) { flush(link) }
        guard self.link != nil, !ready.isDisjoint(with: [.readable, .hangup, .failure]) else { return }
        let result = withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 8) { buffer -> Transfer? in
            guard let result = try? Transfer.read(link.socket.rawValue, into: buffer) else { return nil }
            if case .moved(let count) = result {
                link.client.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            return result
        }
        switch result {
        case .wouldBlock: return
        case .moved:
            while self.link != nil, let answer = link.client.nextAnswer() {
                finish(EventQueue.outcome(of: answer.response))
            }
        case .ended, nil:
            if link.timeout == nil { disconnect() } else { failed("connection lost") }
        }
    }

    private func flush(_ link: Link) {
        while !link.output.isEmpty {
            let result = link.output.withUnsafeBytes { try? Transfer.send($0, to: link.socket.rawValue) }
            switch result {
            case .moved(let count): link.output.removeFirst(count)
            case .wouldBlock:
                if let watch = link.watch { loop.modify(watch, [.readable, .writable]) }
                return
            case .ended, nil: return failed("connection lost")
            }
        }
        if let watch = link.watch { loop.modify(watch, .readable) }
    }

    private func failed(_ reason: String) {
        if !reportedFailure { log.warning("events wait for the daemon at \"\(path)\": \(reason)") }
        reportedFailure = true
        disconnect()
        finish(.retry)
    }

    private func finish(_ outcome: EventQueue.Outcome) {
        if let timeout = link?.timeout {
            loop.cancel(timeout)
            link?.timeout = nil
        }
        queue.finish(outcome)
        switch outcome {
        case .delivered:
            reportedFailure = false
            advance()
        case .refused(let status):
            log.error("event refused by the daemon: \(status.message)")
            advance()
        case .retry:
            guard retry == nil else { return }
            retry = loop.schedule(after: queue.backoff) { [unowned self] in
                retry = nil
                advance()
            }
        }
    }

    private func disconnect() {
        guard let link else { return }
        if let timeout = link.timeout { loop.cancel(timeout) }
        if let watch = link.watch { loop.unwatch(watch) }
        self.link = nil
    }
}
