import CProtobufC
import CTaskAPI
import Kernel
import ShimCore
import TTRPC
import TaskAPI
import Testing

/// A shim of its own, in a scratch directory, with a stand-in for the daemon: a client of its Task service and a server
/// for its events. Everything it made is gone when it ends.
final class ShimFixture {
    struct Event: Equatable {
        let topic: String
        let type: String
        let value: [UInt8]
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let directory: String
    let id: String
    let loop: EventLoop
    private(set) var shim: Int32 = 0
    /// What the shim has published, in the order of arrival.
    private(set) var events: [Event] = []
    private var connection: ShimClient?
    private var eventServer: EventServer?
    private var isReaped = false
    /// Whether the bundle may have a container.
    var isPrepared = false

    static let namespace = "shim-tests"

    /// Every call is made on this connection unless another one is named.
    var client: ShimClient {
        guard let connection else { preconditionFailure("the shim of \(id) has not been started") }
        return connection
    }

    var bundle: String { directory + "/bundle" }
    var socketPath: String { directory + "/shim.sock" }
    var eventsPath: String { directory + "/events.ttrpc" }

    /// The program under test, built beside the tests.
    static func program() throws -> String {
        let tests = try readSymbolicLink("/proc/self/exe", in: workingDirectory)
        for directory in [
            String(tests[..<(tests.lastIndex(of: "/") ?? tests.startIndex)]),
            try workingDirectoryPath() + "/.build/debug",
        ] {
            let path = directory + "/containerd-shim-berth-v1"
            if (try? isExecutable(path)) != nil { return path }
        }
        throw Failure(description: "containerd-shim-berth-v1 is not built")
    }

    /// - Parameters:
    ///   - path: where the shim looks for programs.
    ///   - failpoint: where it is to die.
    init(listeningForEvents: Bool = true, path: String = "", failpoint: String? = nil) throws {
        id = "shim-test-\(currentProcess())-\(UInt32.random(in: 0 ... .max))"
        directory = "/tmp/berth-\(id)"
        loop = try EventLoop()
        try Directory.make(directory, mode: 0o700)
        try Directory.make(bundle, mode: 0o700)
        if listeningForEvents { try listenForEvents() }
        let listener = try UnixSocket.listen(path: socketPath)
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        let log = try FileDescriptor.open(directory + "/log", [.writeOnly, .create, .append])
        shim = try HostProgram.spawn(
            try Self.program(),
            arguments: [
                "containerd-shim-berth-v1", "-namespace", Self.namespace, "-id", id, "-address", directory + "/d.sock",
                "-debug", "-listen-fd", "3",
            ], environment: ["TTRPC_ADDRESS=" + eventsPath, "PATH=" + path] + Self.variables(failpoint),
            descriptors: [null.rawValue, log.rawValue, log.rawValue, listener.rawValue], session: true,
            directory: bundle)
        connection = try ShimClient(path: socketPath, loop: loop)
    }

    /// Nothing here may use a closure that captures this object.
    deinit {
        if !isReaped {
            try? sendSignal(9, toProcess: shim)
            _ = try? ChildExit.wait(for: shim)
        }
        if isPrepared { _ = try? runDelete() }
        Self.removeTree(directory)
    }

    private static func variables(_ failpoint: String?) -> [String] {
        failpoint.map { ["BERTH_FAILPOINTS=" + $0] } ?? []
    }

    /// Runs the shim's command for what a shim that is gone has left; answers its status and what it printed.
    func runDelete(failpoint: String? = nil) throws -> (status: UInt32, output: [UInt8]) {
        let pipe = try Pipe()
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        let child = try HostProgram.spawn(
            try Self.program(),
            arguments: [
                "containerd-shim-berth-v1", "-namespace", Self.namespace, "-id", id, "-address", directory + "/d.sock",
                "-bundle", bundle, "delete",
            ], environment: Self.variables(failpoint), descriptors: [null.rawValue, pipe.writing.rawValue, 2],
            session: false,
            directory: bundle)
        let status = try ChildExit.wait(for: child).status
        let ends = pipe.ends()
        _ = FileDescriptor(owning: ends.writing)
        return (status, try FileDescriptor(owning: ends.reading).readAll(limit: 4096))
    }

    /// Lets the daemon's stand-in take events, from now on.
    func listenForEvents() throws {
        eventServer = try EventServer(path: eventsPath, loop: loop) { [unowned self] in events.append($0) }
    }

    /// The daemon's stand-in goes away: its socket and its connections.
    func stopListeningForEvents() {
        eventServer = nil
        try? removeFile(eventsPath)
    }

    func connect() throws -> ShimClient { try ShimClient(path: socketPath, loop: loop) }

    /// Runs until the condition holds; an error when it never does.
    func wait(_ purpose: String, _ condition: @escaping () -> Bool) throws {
        if condition() { return }
        var expired = false
        let deadline = loop.schedule(after: 60_000) { [loop] in
            expired = true
            loop.stop()
        }
        func check() {
            if condition() { loop.stop() } else if !expired { _ = loop.schedule(after: 2, check) }
        }
        _ = loop.schedule(after: 1, check)
        try loop.run()
        loop.cancel(deadline)
        if expired { throw Failure(description: "\(purpose): never happened; the shim's log:\n\(log)") }
    }

    var log: String { (try? SmallFile.text(directory + "/log")) ?? "" }

    /// Calls the Task service and waits for the answer.
    /// - Throws: `Status` when the shim answers with one.
    @discardableResult
    func call(
        _ method: String, _ payload: [UInt8], version: Int = 2, service: String? = nil, over client: ShimClient? = nil
    ) throws -> [UInt8] {
        let client: ShimClient = client ?? self.client
        let stream = try client.send(method, payload, version: version, service: service)
        try wait("answer to \(method)") { client.answers[stream] != nil || client.isClosed }
        switch client.answers[stream] {
        case .success(let payload): return payload
        case .failure(let status): throw status
        case nil: throw Failure(description: "\(method): connection closed; the shim's log:\n\(log)")
        }
    }

    func code(_ method: String, _ payload: [UInt8], over client: ShimClient? = nil) -> StatusCode? {
        do {
            try call(method, payload, over: client)
            return .ok
        } catch {
            return (error as? Status)?.code
        }
    }

    /// Waits for the shim's own end.
    func waitForShimExit() throws -> UInt32 {
        let pidfd = try openProcess(shim)
        try wait("the shim's end") { (try? hasEnded(pidfd.rawValue)) ?? true }
        isReaped = true
        return try ChildExit.wait(for: shim).status
    }

    func killShim() throws {
        try sendSignal(9, toProcess: shim)
        _ = try ChildExit.wait(for: shim)
        isReaped = true
    }

    static func removeTree(_ path: String) {
        for entry in (try? Directory.entries(path)) ?? [] {
            let child = path + "/" + entry.name
            if entry.isDirectory { removeTree(child) } else { try? removeFile(child) }
        }
        try? removeDirectory(path)
    }
}

/// A connection to the shim whose answers are collected.
final class ShimClient {
    private let socket: FileDescriptor
    private let loop: EventLoop
    private var state = ClientConnection()
    private var watch: EventLoop.Watch?
    private(set) var answers: [UInt32: Response] = [:]
    private(set) var isClosed = false

    init(path: String, loop: EventLoop) throws {
        socket = try UnixSocket.connect(path: path)
        self.loop = loop
        watch = try loop.watch(socket.rawValue, .readable) { [unowned self] _ in read() }
    }

    deinit { stopReading() }

    /// Leaves answers in the socket from now on, as a client does that hangs.
    func stopReading() {
        if let watch { loop.unwatch(watch) }
        watch = nil
    }

    /// Makes a call and answers its stream.
    /// - Parameter service: that of tasks, in the version, when nil.
    func send(_ method: String, _ payload: [UInt8], version: Int = 2, service: String? = nil) throws -> UInt32 {
        let call = try state.call(
            Request(service: service ?? "containerd.task.v\(version).Task", method: method, payload: payload))
        try sendRaw(call.bytes)
        return call.stream
    }

    /// Lets the answer to a call that is sent as raw bytes be taken; answers the call's stream.
    func expectAnswer() throws -> UInt32 { try state.call(Request(service: "", method: "", payload: [])).stream }

    /// Sends bytes that may be anything; answers how many the socket took.
    @discardableResult
    func sendRaw(_ bytes: [UInt8]) throws -> Int {
        var sent = 0
        while sent < bytes.count {
            let result = try bytes.withUnsafeBytes {
                try Transfer.send(UnsafeRawBufferPointer(rebasing: $0[sent...]), to: socket.rawValue)
            }
            guard case .moved(let count) = result else { break }
            sent += count
        }
        return sent
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        guard
            case .moved(let count)? = try? buffer.withUnsafeMutableBytes({
                try Transfer.read(socket.rawValue, into: $0)
            })
        else {
            isClosed = true
            return stopReading()
        }
        buffer[..<count].withUnsafeBytes { state.receive($0) }
        while let answer = state.nextAnswer() { answers[answer.stream] = answer.response }
    }
}

/// What takes the shim's events in the daemon's place.
final class EventServer {
    private final class Peer {
        let socket: FileDescriptor
        var state = ServerConnection()
        var watch: EventLoop.Watch?

        init(_ socket: consuming FileDescriptor) { self.socket = socket }
    }

    private let listener: FileDescriptor
    private let loop: EventLoop
    private var watch: EventLoop.Watch?
    private var peers: [Peer] = []
    private let received: (ShimFixture.Event) -> Void

    init(path: String, loop: EventLoop, received: @escaping (ShimFixture.Event) -> Void) throws {
        listener = try UnixSocket.listen(path: path)
        self.loop = loop
        self.received = received
        watch = try loop.watch(listener.rawValue, .readable) { [unowned self] _ in accept() }
    }

    deinit {
        if let watch { loop.unwatch(watch) }
        for peer in peers { if let watch = peer.watch { loop.unwatch(watch) } }
    }

    private func accept() {
        guard let socket = (try? UnixSocket.accept(listener)) ?? nil else { return }
        let peer = Peer(socket)
        peers.append(peer)
        peer.watch = try? loop.watch(peer.socket.rawValue, .readable) { [unowned self, unowned peer] _ in read(peer) }
    }

    private func read(_ peer: Peer) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        guard
            case .moved(let count)? = try? buffer.withUnsafeMutableBytes({
                try Transfer.read(peer.socket.rawValue, into: $0)
            })
        else {
            if let watch = peer.watch { loop.unwatch(watch) }
            return peers.removeAll { $0 === peer }
        }
        buffer[..<count].withUnsafeBytes { peer.state.receive($0) }
        while let action = peer.state.nextAction() {
            guard case .call(let stream, let request) = action else { continue }
            if let event = ShimFixture.Event(forwarded: request.payload) { received(event) }
            let answer = peer.state.respond(to: stream, with: .success([])) ?? []
            _ = answer.withUnsafeBytes { try? Transfer.send($0, to: peer.socket.rawValue) }
        }
    }
}

extension ShimFixture.Event {
    init?(forwarded payload: [UInt8]) {
        let message = payload.withUnsafeBufferPointer {
            containerd__services__events__ttrpc__v1__forward_request__unpack(nil, $0.count, $0.baseAddress)
        }
        guard let message, let envelope = message.pointee.envelope?.pointee, let event = envelope.event?.pointee else {
            return nil
        }
        topic = String(cString: envelope.topic)
        type = String(cString: event.type_url)
        value = Array(UnsafeBufferPointer(start: event.value.data, count: event.value.len))
        containerd__services__events__ttrpc__v1__forward_request__free_unpacked(message, nil)
    }
}
