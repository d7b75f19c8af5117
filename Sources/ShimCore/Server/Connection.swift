internal import Kernel
internal import TTRPC

/// One client of the shim: a socket, the calls that came over it, the answers that go back.
///
/// A client that does not read its answers is no concern of the others: its answers are kept up to a limit, its further
/// calls are not read meanwhile, and beyond the limit the connection is closed.
final class Connection {
    /// Stable for the connection's life, never used twice.
    let id: UInt64

    private let socket: FileDescriptor
    private let loop: EventLoop
    private var protocolState = ServerConnection(maximumOpenStreams: 512)
    private var output: [UInt8] = []
    private var written = 0
    private var watch: EventLoop.Watch?
    private var interest: Epoll.Interest = .readable
    private let handle: (Connection, UInt32, Request) -> Void
    private let data: (Connection, UInt32, [UInt8]?, Bool) -> Void
    private let closed: (Connection) -> Void

    /// Answers that wait for the client, in bytes, before its calls are left unread.
    private static let pauseReading = 256 << 10
    /// ... and before it is given up. One message of any size fits.
    private static let maximumOutput = 2 * (FrameHeader.maximumPayload + FrameHeader.size)

    init(
        id: UInt64, socket: consuming FileDescriptor, loop: EventLoop,
        handle: @escaping (Connection, UInt32, Request) -> Void,
        data: @escaping (Connection, UInt32, [UInt8]?, Bool) -> Void, closed: @escaping (Connection) -> Void
    ) throws(SystemCallError) {
        self.id = id
        self.socket = socket
        self.loop = loop
        self.handle = handle
        self.data = data
        self.closed = closed
        watch = try loop.watch(self.socket.rawValue, .readable) { [unowned self] in ready($0) }
    }

    var isOpen: Bool { watch != nil }

    /// Whether all answers have left.
    var isFlushed: Bool { output.isEmpty }

    /// Answers a call; nothing happens when the connection is gone or the call was answered.
    func respond(to stream: UInt32, _ response: Response) {
        guard isOpen, let bytes = protocolState.respond(to: stream, with: response) else { return }
        send(bytes)
    }

    /// Sends a message of a stream that is open.
    func send(_ payload: [UInt8], on stream: UInt32) {
        guard isOpen, let bytes = protocolState.data(payload, on: stream) else { return }
        send(bytes)
    }

    /// Ends a stream that is open, without an error.
    func end(_ stream: UInt32) {
        guard isOpen, let bytes = protocolState.end(stream) else { return }
        send(bytes)
    }

    func close() {
        guard let watch else { return }
        loop.unwatch(watch)
        self.watch = nil
        output = []
        closed(self)
    }

    private func ready(_ ready: Epoll.Interest) {
        if ready.contains(.writable) { flush() }
        if isOpen, !ready.isDisjoint(with: [.readable, .hangup, .failure]) { read() }
    }

    private func read() {
        let result = withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer -> Transfer? in
            guard let result = try? Transfer.read(socket.rawValue, into: buffer) else { return nil }
            if case .moved(let count) = result {
                protocolState.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            return result
        }
        switch result {
        case .wouldBlock: return
        case .moved:
            while isOpen, let action = protocolState.nextAction() {
                switch action {
                case .call(let stream, let request): handle(self, stream, request)
                case .send(let bytes): send(bytes)
                case .data(let stream, let payload, let isLast): data(self, stream, payload, isLast)
                }
            }
        case .ended, nil: close()
        }
    }

    private func send(_ bytes: [UInt8]) {
        if output.isEmpty {
            output = bytes
            written = 0
        } else {
            output += bytes
        }
        flush()
    }

    private func flush() {
        while written < output.count {
            let result = output.withUnsafeBytes { bytes in
                try? Transfer.send(UnsafeRawBufferPointer(rebasing: bytes[written...]), to: socket.rawValue)
            }
            switch result {
            case .moved(let count): written += count
            case .wouldBlock:
                if output.count - written > Self.maximumOutput { return close() }
                return updateInterest()
            case .ended, nil: return close()
            }
        }
        output = []
        written = 0
        updateInterest()
    }

    private func updateInterest() {
        guard let watch else { return }
        let waiting = output.count - written
        var wanted: Epoll.Interest = waiting > Self.pauseReading ? [] : .readable
        if waiting > 0 { wanted.insert(.writable) }
        if wanted != interest {
            loop.modify(watch, wanted)
            interest = wanted
        }
    }
}
