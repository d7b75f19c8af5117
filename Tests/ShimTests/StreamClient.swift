import Kernel
import ShimCore
import TTRPC
import TaskAPI
import Testing

/// A client's end of one stream of the Streaming service, on a connection of its own.
final class StreamClient {
    private let socket: FileDescriptor
    private let loop: EventLoop
    private var reader = FrameReader()
    private var watch: EventLoop.Watch?
    private var isBegun = false
    /// Whether what has come is announced anew.
    private var isHungry = false
    private(set) var received: [UInt8] = []
    /// Bytes that may be sent.
    private(set) var window = 0
    private(set) var hasEnded = false
    private(set) var failure: StatusCode?

    var text: String { String(decoding: received, as: UTF8.self) }

    /// Opens the stream and waits until the shim has it.
    init(_ shim: ShimFixture, _ name: String) throws {
        socket = try UnixSocket.connect(path: shim.socketPath)
        loop = shim.loop
        watch = try loop.watch(socket.rawValue, .readable) { [unowned self] _ in read() }
        var call = ClientConnection()
        var request = try call.call(Request(service: StreamMessage.service, method: "Stream", payload: [])).bytes
        request[9] = MessageFlags.remoteOpen.rawValue
        try write(request)
        try send(.begin(id: name))
        try shim.wait("the stream \(name) is open") { [unowned self] in isBegun }
    }

    deinit { if let watch { loop.unwatch(watch) } }

    func send(_ message: StreamMessage) throws {
        if case .data(let bytes) = message { window -= bytes.count }
        try frame(message.encoded(), [])
    }

    func sendGarbage() throws { try frame([0x0A, 9], []) }

    /// Takes everything, so many bytes at a time.
    func takeAll(_ count: Int) throws {
        isHungry = true
        try send(.window(UInt32(count)))
    }

    func close() throws { try frame([], [.remoteClosed, .noData]) }

    private func frame(_ payload: [UInt8], _ flags: MessageFlags) throws {
        var bytes: [UInt8] = []
        FrameHeader(length: UInt32(payload.count), stream: 1, type: .data, flags: flags).write(to: &bytes)
        try write(bytes + payload)
    }

    private func write(_ bytes: [UInt8]) throws {
        guard try bytes.withUnsafeBytes({ try Transfer.send($0, to: socket.rawValue) }) == .moved(bytes.count) else {
            throw ShimFixture.Failure(description: "the stream's socket is full")
        }
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        guard
            case .moved(let count)? = try? buffer.withUnsafeMutableBytes({
                try Transfer.read(socket.rawValue, into: $0)
            })
        else {
            if let watch { loop.unwatch(watch) }
            watch = nil
            return
        }
        buffer[..<count].withUnsafeBytes { reader.append($0) }
        while case .frame(let frame)? = reader.next() { take(frame) }
    }

    private func take(_ frame: Frame) {
        if frame.header.type == .response {
            let response = try? frame.payload.withUnsafeBytes { try Response(reading: $0) }
            if case .failure(let status)? = response { failure = status.code }
        } else if frame.header.flags.contains(.remoteClosed) {
            hasEnded = true
        } else if !isBegun {
            isBegun = frame.payload == StreamMessage.acknowledgement
        } else if let message = try? StreamMessage(decoding: frame.payload) {
            switch message {
            case .begin: break
            case .window(let update): window += Int(update)
            case .data(let bytes):
                received += bytes
                if isHungry { try? send(.window(UInt32(bytes.count))) }
            }
        }
    }
}
