internal import Kernel

/// Moves what a client sends to a process's input, which takes it as it reads.
final class StreamInput {
    private var destination: FileDescriptor?
    private let stream: ByteStream
    private let loop: EventLoop
    private var watch: EventLoop.Watch?
    private var pending: [UInt8] = []
    private var isLast = false

    /// What a client may have sent and the process not read, in bytes: as containerd's own.
    private static let window = 64 << 10

    /// - Parameter destination: the writing end of the process's pipe, or its terminal's master; not blocking.
    init(from stream: ByteStream, to destination: consuming FileDescriptor, loop: EventLoop) {
        self.destination = consume destination
        self.stream = stream
        self.loop = loop
        stream.received = { [unowned self] in receive($0) }
        stream.finished = { [unowned self] in finish() }
        // A client that comes back has nothing under way.
        stream.attached = { [unowned self] in self.stream.grant(Self.window - pending.count) }
        stream.attached()
    }

    /// Ends the input after what has come by now.
    func finish() {
        isLast = true
        pump()
    }

    func cancel() {
        if let watch { loop.unwatch(watch) }
        watch = nil
        destination = nil
        pending = []
        stream.received = { _ in }
        stream.finished = {}
        stream.attached = {}
    }

    private func receive(_ bytes: [UInt8]) {
        // Whoever sends more than it was let is not heard.
        guard destination != nil, !isLast, pending.count + bytes.count <= Self.window else { return }
        pending += bytes
        pump()
    }

    private func pump() {
        guard let raw = destination?.rawValue else { return }
        while !pending.isEmpty {
            switch pending.withUnsafeBytes({ try? Transfer.write($0, to: raw) }) {
            case .moved(let count):
                pending.removeFirst(count)
                stream.grant(count)
            case .wouldBlock: return waitForDestination(raw)
            case .ended, nil: return cancel()
            }
        }
        if let watch { loop.unwatch(watch) }
        watch = nil
        if isLast { cancel() }
    }

    private func waitForDestination(_ raw: Int32) {
        guard watch == nil else { return }
        watch = try? loop.watch(raw, .writable) { [unowned self] _ in pump() }
    }
}
