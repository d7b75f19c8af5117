internal import Kernel
internal import TTRPC

/// The shim's socket: accepts clients of the shim's own user and hands their calls on.
final class Listener {
    private let socket: FileDescriptor
    private let loop: EventLoop
    private let log: Log
    private let user: UInt32
    private var watch: EventLoop.Watch?
    private var resumption: EventLoop.Deadline?
    private var connections: [UInt64: Connection] = [:]
    private var lastID: UInt64 = 0
    /// Given up for a moment when descriptors run out, so that a waiting client can be turned away instead of keeping
    /// the loop awake.
    private var reserve: FileDescriptor?

    /// The daemon holds one or two; anything near this is a leak on the other side.
    private static let maximumConnections = 64
    /// How long clients wait, in milliseconds, where not even one can be turned away for want of descriptors.
    private static let exhaustionPause = 200

    var handle: (Connection, UInt32, Request) -> Void = { _, _, _ in }
    /// A message of a stream that a call has opened; nil where there is only the news that it is the last one.
    var data: (Connection, UInt32, [UInt8]?, Bool) -> Void = { _, _, _, _ in }
    var opened: () -> Void = {}
    var closed: (_ connection: UInt64) -> Void = { _ in }

    init(socket: consuming FileDescriptor, user: UInt32, loop: EventLoop, log: Log) throws(SystemCallError) {
        self.socket = socket
        self.user = user
        self.loop = loop
        self.log = log
        try self.socket.setNonBlocking(true)
        reserve = Self.makeReserve()
        watch = try loop.watch(self.socket.rawValue, .readable) { [unowned self] _ in accept() }
    }

    private static func makeReserve() -> FileDescriptor? { try? FileDescriptor.open("/dev/null", .readOnly) }

    var hasConnections: Bool { !connections.isEmpty }

    /// Whether every answer has left.
    var isFlushed: Bool { connections.values.allSatisfy(\.isFlushed) }

    func connection(_ id: UInt64) -> Connection? { connections[id] }

    /// Lets nobody in any more; those that are in may stay.
    func stop() {
        stopWatching()
        if let path = try? UnixSocket.path(of: socket), path.hasPrefix("/") { try? removeFile(path) }
    }

    private func accept() {
        while true {
            do {
                guard let client = try UnixSocket.accept(socket) else { return }
                try admit(client)
            } catch {
                guard error.errno == .tooManyOpenFiles || error.errno == .fileTableFull else {
                    return log.warning("connection refused: \(error)")
                }
                return turnAway(because: error)
            }
        }
    }

    /// Takes one client's connection only to close it. Where the reserve is gone as well, the clients wait: a socket
    /// that nobody accepts from, and is watched, would keep the loop awake.
    private func turnAway(because error: SystemCallError) {
        reserve = nil
        let isTaken: Bool
        do {
            isTaken = try UnixSocket.accept(socket) != nil
        } catch {
            isTaken = false
        }
        reserve = Self.makeReserve()
        log.warning(isTaken ? "connection turned away: \(error)" : "connections wait: \(error)")
        if reserve == nil { pauseAccepting() }
    }

    private func pauseAccepting() {
        stopWatching()
        resumption = loop.schedule(after: Self.exhaustionPause) { [unowned self] in
            resumption = nil
            reserve = Self.makeReserve()
            guard reserve != nil else { return pauseAccepting() }
            watch = try? loop.watch(socket.rawValue, .readable) { [unowned self] _ in accept() }
            if watch == nil { pauseAccepting() }
        }
    }

    private func stopWatching() {
        if let watch { loop.unwatch(watch) }
        if let resumption { loop.cancel(resumption) }
        watch = nil
        resumption = nil
    }

    /// Serves a connection, unless it is another user's.
    func admit(_ client: consuming FileDescriptor) throws(SystemCallError) {
        let peer = try UnixSocket.peer(of: client)
        guard peer.user == user || peer.user == 0 else {
            return log.warning("connection of process \(peer.process), user \(peer.user), refused: not user \(user)")
        }
        guard connections.count < Self.maximumConnections else {
            return log.warning("connection of process \(peer.process) refused: \(connections.count) are open")
        }
        lastID += 1
        connections[lastID] = try Connection(
            id: lastID, socket: client, loop: loop, handle: { [unowned self] in handle($0, $1, $2) },
            data: { [unowned self] in data($0, $1, $2, $3) },
            closed: { [unowned self] connection in
                connections[connection.id] = nil
                closed(connection.id)
            })
        opened()
    }
}
