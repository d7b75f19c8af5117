internal import Kernel

/// Moves bytes from one descriptor to another as both allow, never waiting.
///
/// A destination that is full stops only this relay: its source is left alone until there is room, so that the process
/// at the other end waits as it would for any slow reader. Between pipes the bytes stay in the kernel.
final class Relay {
    enum Method {
        /// splice(2): one of the two is a pipe and neither a terminal.
        case splice
        /// read(2) and write(2): for files that are appended to, which splice(2) refuses.
        case copy
        /// The same, from a terminal's master, whose end is an error, and which tells its fill badly.
        case copyTerminal
    }

    private let source: FileDescriptor
    /// Let go of at the end, so that its reader sees it; the source may live on.
    private var destination: FileDescriptor?
    private let method: Method
    private let loop: EventLoop
    private var sourceWatch: EventLoop.Watch?
    private var destinationWatch: EventLoop.Watch?
    /// Bytes that were read and not yet written.
    private var pending: [UInt8] = []
    /// What is still to be moved once the process has ended.
    private var remaining: Int?
    /// Where bytes go that nobody is to get any more.
    private var sink: FileDescriptor?
    private let ended: (Relay) -> Void

    private static let chunk = 64 << 10
    /// The most that is read from a terminal after its process's end; the kernel keeps far less.
    private static let terminalTail = 1 << 20
    /// Chunks a round, so that one busy stream leaves the others their turn.
    private static let rounds = 16

    /// Both descriptors must not block. `ended` is called once, when the destination has been let go of and nothing is
    /// left to be done.
    init(
        from source: consuming FileDescriptor, to destination: consuming FileDescriptor, method: Method,
        loop: EventLoop, ended: @escaping (Relay) -> Void
    ) throws(SystemCallError) {
        self.source = consume source
        self.destination = consume destination
        self.method = method
        self.loop = loop
        self.ended = ended
        try self.source.setNonBlocking(true)
        sourceWatch = try loop.watch(self.source.rawValue, .readable) { [unowned self] _ in pump() }
    }

    /// The process whose output this is has ended: what it wrote is still moved, then the destination is closed.
    ///
    /// A child of it may hold the source open and go on writing. It is not waited for; its output is thrown away, so
    /// that it gets no SIGPIPE. What counts is what the pipe held at this moment, so the end is a number of bytes and not
    /// a time.
    func finish() {
        guard destination != nil, remaining == nil else { return }
        remaining = method == .copyTerminal ? Self.terminalTail : Transfer.readable(source.rawValue)
        pump()
    }

    /// Whether the destination still waits for bytes.
    var isDelivering: Bool { destination != nil }

    /// Ends at once; what was not moved is lost.
    func cancel() {
        stopWatching()
        destination = nil
    }

    private func pump() {
        for _ in 0..<Self.rounds {
            guard let raw = destination?.rawValue else { return discard() }
            if remaining == 0, pending.isEmpty { return finishDestination() }
            do {
                let progress =
                    switch method {
                    case .splice: try spliceOnce(to: raw)
                    case .copy, .copyTerminal: try copyOnce(to: raw)
                    }
                if !progress { return }
            } catch {
                // A terminal whose other side is closed reports an input/output error: its end.
                return end()
            }
        }
        if remaining == 0, pending.isEmpty { finishDestination() }
    }

    /// Whether to go on.
    private func spliceOnce(to raw: Int32) throws(SystemCallError) -> Bool {
        let count = min(remaining ?? Self.chunk, Self.chunk)
        switch try Transfer.splice(from: source.rawValue, to: raw, count: count) {
        case .moved(let moved):
            remaining? -= moved
            return true
        case .ended:
            end()
            return false
        case .wouldBlock:
            if Transfer.readable(source.rawValue) > 0 { waitForDestination(raw) } else { sourceIsEmpty() }
            return false
        }
    }

    private func copyOnce(to raw: Int32) throws(SystemCallError) -> Bool {
        if pending.isEmpty {
            switch try readChunk() {
            case .moved(let count): remaining? -= count
            case .ended:
                end()
                return false
            case .wouldBlock:
                sourceIsEmpty()
                return false
            }
        }
        switch try writePending(to: raw) {
        case .moved(let count):
            if count == pending.count { pending = [] } else { pending.removeFirst(count) }
            return true
        case .wouldBlock, .ended:
            waitForDestination(raw)
            return false
        }
    }

    /// What a log file has no room for is lost, so that its process neither stops nor loses its output for good.
    private func writePending(to raw: Int32) throws(SystemCallError) -> Transfer {
        do throws(SystemCallError) {
            return try pending.withUnsafeBufferPointer { (bytes) throws(SystemCallError) -> Transfer in
                try Transfer.write(UnsafeRawBufferPointer(bytes), to: raw)
            }
        } catch {
            guard [.noSpace, .quotaExceeded, .fileTooLarge].contains(error.errno) else { throw error }
            return .moved(pending.count)
        }
    }

    private func readChunk() throws(SystemCallError) -> Transfer {
        let capacity = min(remaining ?? Self.chunk, Self.chunk)
        return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) {
            (buffer) throws(SystemCallError) -> Transfer in
            let result = try Transfer.read(source.rawValue, into: UnsafeMutableRawBufferPointer(buffer))
            if case .moved(let count) = result { pending = Array(buffer[..<count]) }
            return result
        }
    }

    private func sourceIsEmpty() {
        if remaining == nil { waitForSource() } else { finishDestination() }
    }

    private func waitForSource() {
        if let watch = destinationWatch { loop.unwatch(watch) }
        destinationWatch = nil
        guard sourceWatch == nil else { return }
        sourceWatch = try? loop.watch(source.rawValue, .readable) { [unowned self] _ in pump() }
    }

    /// The source is not watched meanwhile: its hang-up would be reported over and over.
    private func waitForDestination(_ raw: Int32) {
        if let watch = sourceWatch { loop.unwatch(watch) }
        sourceWatch = nil
        guard destinationWatch == nil else { return }
        destinationWatch = try? loop.watch(raw, .writable) { [unowned self] _ in pump() }
    }

    private func finishDestination() {
        if method == .copyTerminal { return end() }
        waitForSource()
        destination = nil
        discard()
    }

    /// Throws away what a left-over process writes, until the last writer is gone.
    private func discard() {
        if sink == nil { sink = try? FileDescriptor.open("/dev/null", .writeOnly) }
        guard let raw = sink?.rawValue else { return end() }
        for _ in 0..<Self.rounds {
            do {
                switch try discardOnce(to: raw) {
                case .moved: continue
                case .wouldBlock: return
                case .ended: return end()
                }
            } catch {
                return end()
            }
        }
    }

    private func discardOnce(to raw: Int32) throws(SystemCallError) -> Transfer {
        if method == .splice { return try Transfer.splice(from: source.rawValue, to: raw, count: Self.chunk) }
        return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) {
            (buffer) throws(SystemCallError) -> Transfer in
            try Transfer.read(source.rawValue, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    private func end() {
        stopWatching()
        destination = nil
        ended(self)
    }

    private func stopWatching() {
        if let watch = sourceWatch { loop.unwatch(watch) }
        if let watch = destinationWatch { loop.unwatch(watch) }
        sourceWatch = nil
        destinationWatch = nil
    }
}
