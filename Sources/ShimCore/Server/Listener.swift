internal import Kernel
internal import TTRPC

/// The shim's socket: accepts clients of the shim's own user and hands their calls on.
final class Listener {
    private let socket: FileDescriptor
    private let loop: EventLoop
    private let log: Log
    private let user: UInt32
    private var watch: EventLoop.Watch?
    private var connections: [UInt64: Connection] = [:]
    private var lastID: UInt64 = 0
    /// Given up for a moment when descriptors run out, so that a waiting client can be turned away instead of keeping
    /// the loop awake.
    private var reserve: FileDescriptor?

    /// The daemon holds one or two; anything near this is a leak on the other side.
    private static let maximumConnections = 64

    var handle: (Connection, UInt32, Request) -> Void = { _, _, _ in }
    var opened: () -> Void = {}
    var closed: (_ connection: UInt64) -> Void = { _ in }

    init(socket: consuming FileDescriptor, user: UInt32, loop: EventLoop, log: Log) throws(SystemCallError) {
        self.socket = socket
        self.user = user
        self.loop = loop
        self.log = log
        try self.socket.setNonBlocking(true)
        reserve = try? FileDescriptor.open("/dev/null", .readOnly)
        watch = try loop.watch(self.socket.rawValue, .readable) { [unowned self] _ in accept() }
    }

    var hasConnections: Bool { !connections.isEmpty }

    /// Whether every answer has left.
    var isFlushed: Bool { connections.values.allSatisfy(\.isFlushed) }

    func connection(_ id: UInt64) -> Connection? { connections[id] }

    /// Lets nobody in any more; those that are in may stay.
    func stop() {
        if let watch { loop.unwatch(watch) }
        watch = nil
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
                log.warning("connection turned away: \(error)")
                guard reserve != nil else { return }
                reserve = nil
                if let client = try? UnixSocket.accept(socket) { _ = consume client }
                reserve = try? FileDescriptor.open("/dev/null", .readOnly)
                return
            }
        }
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
            closed: { [unowned self] connection in
                connections[connection.id] = nil
                closed(connection.id)
            })
        opened()
    }
}
