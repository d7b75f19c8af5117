internal import Kernel
internal import TTRPC

/// One output stream of a process, between its descriptor and where its creator wants it.
///
/// What goes where, and why:
///
/// - The init's output into a FIFO: the FIFO itself is the process's descriptor; no byte passes through here. It works
///   because nothing of a container outlives its init, so that the end of the last writer is the end of the stream.
/// - An exec's output into a FIFO: through a pipe, spliced. A child of the exec may keep its output open for as
///   long as the container runs, and the client, which waits for the end of the FIFO, must not wait for that child.
/// - Output into a file: through a pipe, copied. A container that had the host's file itself could truncate it.
/// - Terminals: copied between the master and the FIFO or file.
/// - A log driver reads its pipe itself.
/// - Output for a client of the Streaming service: through a pipe, copied into messages.
///
/// A FIFO is held open for reading and writing as long as its process runs: its reader may go and come back, and the
/// process only waits while the FIFO is full.
final class OutputStream {
    private let loop: EventLoop
    /// Both ends of a FIFO that the process writes to itself.
    private var hold: FileDescriptor?
    private var fifoPath: String?
    /// The FIFO's reading end after its process's end, so that what nobody has read yet stays there.
    private var retained: FileDescriptor?
    private var relay: Relay?
    private var streaming: StreamOutput?
    private var byteStream: ByteStream?
    private let streams: StreamRegistry
    private var closing: EventLoop.Deadline?
    /// Nobody was reading when the FIFO was opened: its reader may be about to.
    private var hadReader = true

    /// How long a FIFO without a reader stays open after its process's end, in milliseconds. A client that creates a
    /// container and opens its FIFOs at the same moment may come after a container that ends at once; opening a FIFO
    /// that nobody writes to would never return.
    private static let graceForReader = 1000

    init(loop: EventLoop, streams: StreamRegistry) {
        self.loop = loop
        self.streams = streams
    }

    /// Opens a pipe that feeds a client's stream, and answers the process's end.
    func openRelayed(stream id: String) throws(Status) -> FileDescriptor {
        let stream = try streams.claim(id)
        do {
            let ends = try Pipe().ends()
            let writing = FileDescriptor(owning: ends.writing)
            try feed(stream, from: FileDescriptor(owning: ends.reading), isTerminal: false)
            return writing
        } catch {
            streams.release(stream)
            throw Status("stream", error)
        }
    }

    /// Feeds a client's stream from a terminal's master or a pipe.
    func feed(
        _ stream: ByteStream, from source: consuming FileDescriptor, isTerminal: Bool
    ) throws(SystemCallError) {
        streaming = try StreamOutput(from: source, to: stream, isTerminal: isTerminal, loop: loop) { [unowned self] in
            endStream($0)
        }
        byteStream = stream
    }

    private func endStream(_ source: Int32?) {
        releaseStream()
        guard let source else { return }
        let rest = FileDescriptor(owning: source)
        guard let sink = try? FileDescriptor.open("/dev/null", .writeOnly) else { return }
        relay = try? Relay(from: rest, to: sink, method: .splice, loop: loop) { [unowned self] in forget($0) }
        relay?.finish()
    }

    private func releaseStream() {
        streaming = nil
        if let byteStream { streams.release(byteStream) }
        byteStream = nil
    }

    /// Opens a FIFO whose writer is the process itself, and answers the process's descriptor.
    func openDirect(fifo path: String) throws(SystemCallError) -> FileDescriptor {
        hold = try openBoth(path)
        fifoPath = path
        return try Fifo.open(path, .writing, blocking: true)
    }

    /// Opens a FIFO that is fed through a pipe, and answers the process's descriptor, the pipe's writing end.
    func openRelayed(fifo path: String) throws(SystemCallError) -> FileDescriptor {
        try relayFromPipe(to: try openBoth(path), .splice)
    }

    func openRelayed(file path: String) throws(SystemCallError) -> FileDescriptor {
        try relayFromPipe(to: try Self.openLogFile(path), .copy)
    }

    /// Feeds a FIFO from a terminal's master.
    func relay(terminal master: consuming FileDescriptor, toFifo path: String) throws(SystemCallError) {
        try relay(terminal: master, to: try openBoth(path))
    }

    func relay(terminal master: consuming FileDescriptor, toFile path: String) throws(SystemCallError) {
        try relay(terminal: master, to: try Self.openLogFile(path))
    }

    func relay(
        terminal master: consuming FileDescriptor, to destination: consuming FileDescriptor
    ) throws(SystemCallError) {
        relay = try Relay(from: master, to: destination, method: .copyTerminal, loop: loop) { [unowned self] in
            forget($0)
        }
    }

    /// The process has ended: what it wrote is handed on, then the stream ends.
    func processEnded() {
        guard hadReader else {
            hadReader = true
            closing = loop.schedule(after: Self.graceForReader) { [unowned self] in
                closing = nil
                processEnded()
            }
            return
        }
        relay?.finish()
        streaming?.finish()
        if hold != nil, let fifoPath { retained = try? Fifo.open(fifoPath, .reading) }
        hold = nil
    }

    /// Whether bytes of the ended process are still on their way to its client.
    var isDelivering: Bool { relay?.isDelivering == true || closing != nil || streaming != nil }

    /// Whether there is anything left to be done, be it to throw a left-over child's output away.
    var isActive: Bool { relay != nil || closing != nil || streaming != nil }

    /// Lets go of everything; what is still under way is lost.
    func close() {
        if let closing { loop.cancel(closing) }
        closing = nil
        relay?.cancel()
        relay = nil
        streaming?.cancel()
        releaseStream()
        hold = nil
        retained = nil
    }

    /// Opens both ends, and notes whether somebody reads.
    ///
    /// The writer that finds that out stays until the other one is there: a reader whose open(2) waited for it would
    /// otherwise see a FIFO without writers, which is its end.
    private func openBoth(_ path: String) throws(SystemCallError) -> FileDescriptor {
        let writer = try? Fifo.open(path, .writing)
        let both = try Fifo.open(path, .both)
        hadReader = writer != nil
        return both
    }

    private func relayFromPipe(
        to destination: consuming FileDescriptor, _ method: Relay.Method
    ) throws(SystemCallError) -> FileDescriptor {
        let ends = try Pipe().ends()
        let writing = FileDescriptor(owning: ends.writing)
        relay = try Relay(
            from: FileDescriptor(owning: ends.reading), to: destination, method: method, loop: loop
        ) { [unowned self] in forget($0) }
        return writing
    }

    private func forget(_ relay: Relay) {
        if self.relay === relay { self.relay = nil }
    }

    /// A log file that is missing is made, with its directory, as containerd makes them.
    private static func openLogFile(_ path: String) throws(SystemCallError) -> FileDescriptor {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            let directory = String(path[..<slash])
            if !Directory.exists(directory) {
                do {
                    try Directory.make(directory)
                } catch {
                    if error.errno != .exists { throw error }
                }
            }
        }
        return try FileDescriptor.open(path, [.writeOnly, .create, .append], mode: 0o640)
    }
}
