internal import Kernel

/// Moves what a process writes from a pipe or a terminal's master to a client's stream, as far as the client takes it.
final class StreamOutput {
    private var source: FileDescriptor?
    private let stream: ByteStream
    private let loop: EventLoop
    private var watch: EventLoop.Watch?
    /// What is still to be moved once the process has ended.
    private var remaining: Int?
    private let isTerminal: Bool
    private let ended: (_ source: Int32?) -> Void

    private static let chunk = 32 << 10
    /// The most that is read from a terminal after its process's end; the kernel keeps far less.
    private static let terminalTail = 1 << 20
    private static let rounds = 16

    /// - Parameter ended: called once, when all is sent. The pipe, which a child of the process may still write to, is
    ///   the callee's to close.
    init(
        from source: consuming FileDescriptor, to stream: ByteStream, isTerminal: Bool, loop: EventLoop,
        ended: @escaping (_ source: Int32?) -> Void
    ) throws(SystemCallError) {
        try source.setNonBlocking(true)
        self.source = consume source
        self.stream = stream
        self.isTerminal = isTerminal
        self.loop = loop
        self.ended = ended
        stream.ready = { [unowned self] in pump() }
        pump()
    }

    /// The process has ended: what it wrote is still moved. A child that goes on writing is not waited for.
    func finish() {
        guard let source = source?.rawValue, remaining == nil else { return }
        remaining = isTerminal ? Self.terminalTail : Transfer.readable(source)
        pump()
    }

    func cancel() {
        stopWatching()
        stream.ready = {}
        source = nil
    }

    private func pump() {
        for _ in 0..<Self.rounds {
            guard let source = source?.rawValue else { return }
            if remaining == 0 { return end() }
            // Without a client to take it the output waits, and a source that is not read is not watched.
            guard stream.peer != nil, stream.window > 0 else { return stopWatching() }
            switch read(source, upTo: min(Self.chunk, stream.window, remaining ?? Self.chunk)) {
            case .moved: continue
            case .wouldBlock: return remaining == nil ? waitForSource(source) : end()
            case .ended, nil: return end()
            }
        }
        if let source = source?.rawValue { waitForSource(source) }
    }

    /// Nil for a source that is broken, which a terminal is when its other side is closed.
    private func read(_ source: Int32, upTo count: Int) -> Transfer? {
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { buffer in
            guard let result = try? Transfer.read(source, into: buffer) else { return nil }
            if case .moved(let moved) = result {
                remaining? -= moved
                stream.send(Array(buffer[..<moved]))
            }
            return result
        }
    }

    private func waitForSource(_ source: Int32) {
        guard watch == nil else { return }
        watch = try? loop.watch(source, .readable) { [unowned self] _ in pump() }
    }

    private func stopWatching() {
        if let watch { loop.unwatch(watch) }
        watch = nil
    }

    private func end() {
        stopWatching()
        stream.ready = {}
        guard let source = source.take(), !isTerminal else { return ended(nil) }
        ended(source.release())
    }
}
