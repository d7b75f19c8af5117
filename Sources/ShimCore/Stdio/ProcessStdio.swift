internal import Kernel
internal import Libcontainer
internal import TTRPC
internal import TaskAPI

/// The standard streams of one process, from before it starts until the last of its output has been handed on.
final class ProcessStdio {
    /// Whose streams these are.
    struct Owner {
        let id: String
        let namespace: String
        /// Whether nothing of it can outlive it: see `OutputStream`.
        let isInit: Bool
        /// Who is to own the pipes it is given; nil leaves them to the shim's user.
        var pipeOwner: PipeOwner?
    }

    /// The option `io_uid` and `io_gid`: for processes of a user namespace whose root is not the host's.
    struct PipeOwner {
        let user: UInt32
        let group: UInt32
    }

    private struct ProcessEnds: ~Copyable {
        let stdin: FileDescriptor
        let stdout: FileDescriptor
        let stderr: FileDescriptor
    }

    private let loop: EventLoop
    private let streams: StreamRegistry
    private let request: StdioRequest
    let owner: Owner
    private let stdout: OutputStream
    private let stderr: OutputStream

    /// What the process gets; closed here once it has them.
    private var processEnds: ProcessEnds?
    /// The end of the process's input pipe that the client's FIFO will feed, until it does.
    private var inputFeed: FileDescriptor?
    private var inputOpening: EventLoop.Deadline?
    private var isInputClosed = false
    /// A writer of the input FIFO, so that the process does not see its end when a client goes away.
    private var stdinHold: FileDescriptor?
    private var stdinRelay: Relay?
    /// Where input comes from, in place of a FIFO.
    private var inputStream: ByteStream?
    private var streamInput: StreamInput?
    /// The terminal's master, for its size.
    private var master: FileDescriptor?

    /// How long a container that was created and is not started leaves its client's input alone, in milliseconds.
    private static let inputDelay = 1_000

    init(_ request: StdioRequest, owner: Owner, loop: EventLoop, streams: StreamRegistry) {
        self.streams = streams
        self.request = request
        self.owner = owner
        self.loop = loop
        stdout = OutputStream(loop: loop, streams: streams)
        stderr = OutputStream(loop: loop, streams: streams)
    }

    /// Opens what the request names and answers what the process is to be given; `started` must follow, or `close`.
    /// - Parameters:
    ///   - width: a terminal's size in characters, 0 where it is not known.
    func open(width: UInt16 = 0, height: UInt16 = 0) throws(Status) -> ProcessIO {
        if request.terminal { return .terminal(width: width, height: height) }
        let out = try StreamTarget(request.stdout)
        let err = try StreamTarget(request.stderr)
        let ends: ProcessEnds
        if case .binary(let path, let arguments) = out {
            // One program takes both streams, unless the second has a place of its own.
            let program = try LogProgram(path: path, arguments: arguments, id: owner.id, namespace: owner.namespace)
            let shared = err == out || err == .none
            ends = ProcessEnds(
                stdin: try openInput(), stdout: try Self.duplicate(program.stdout),
                stderr: shared ? try Self.duplicate(program.stderr) : try open(err, request.stderr, stderr))
        } else {
            ends = ProcessEnds(
                stdin: try openInput(), stdout: try open(out, request.stdout, stdout),
                stderr: try open(err, request.stderr, stderr))
        }
        let numbers = [ends.stdin.rawValue, ends.stdout.rawValue, ends.stderr.rawValue]
        if let pipeOwner = owner.pipeOwner { try Self.give(numbers, to: pipeOwner) }
        processEnds = consume ends
        return .descriptors(stdin: numbers[0], stdout: numbers[1], stderr: numbers[2])
    }

    /// The process has its descriptors, or its terminal.
    func started(terminal: consuming FileDescriptor?) throws(Status) {
        processEnds = nil
        guard let terminal else {
            guard owner.isInit, inputFeed != nil, !isInputRead else { return takeInput() }
            inputOpening = loop.schedule(after: Self.inputDelay) { [unowned self] in takeInput() }
            return
        }
        do {
            try terminal.setNonBlocking(true)
            try attach(terminal)
        } catch {
            throw Status("terminal", error)
        }
    }

    /// Ends the process's input after what the client has written by now, whether or not the client keeps its own end
    /// open; what it writes later is thrown away. A terminal has no end that could be given.
    func closeStdin() {
        isInputClosed = true
        stdinHold = nil
        guard !request.terminal else { return }
        stdinRelay?.finish()
        streamInput?.finish()
    }

    /// Opens the client's FIFO, once, for a container when it is started or a moment after it was created.
    ///
    /// Its opening is what a client's first write waits for. A client that has little to write would otherwise be at
    /// the end of it before the call that creates the container has answered; ctr, which has no task to send CloseIO to
    /// until then, would never send it. One that cannot be opened any more has ended.
    func takeInput() {
        if let inputOpening { loop.cancel(inputOpening) }
        inputOpening = nil
        guard let feed = inputFeed.take(), !isInputClosed else { return }
        if let inputStream {
            streamInput = StreamInput(from: inputStream, to: feed, loop: loop)
            return
        }
        guard case .fifo(let path)? = try? StreamTarget(request.stdin)
        else { return }
        guard let source = try? Fifo.open(path, .reading) else { return }
        stdinHold = try? Fifo.open(path, .writing)
        stdinRelay = try? Relay(from: source, to: feed, method: .splice, loop: loop) { _ in }
    }

    /// Whether somebody reads the client's FIFO already: a client that holds both ends waits for nobody, and what it
    /// writes would be gone with it if it left before the shim has the FIFO.
    private var isInputRead: Bool {
        guard case .fifo(let path)? = try? StreamTarget(request.stdin) else { return false }
        return (try? Fifo.open(path, .writing)) != nil
    }

    /// Sets the terminal's size in characters.
    func resize(width: UInt16, height: UInt16) throws(Status) {
        guard let terminal = master?.rawValue else {
            throw Status(.failedPrecondition, "container \"\(owner.id)\": the process has no terminal")
        }
        do {
            try setWindowSize(of: terminal, columns: width, rows: height)
        } catch {
            throw Status("terminal", error)
        }
    }

    func processEnded() {
        closeInput()
        stdout.processEnded()
        stderr.processEnded()
    }

    /// Whether output of the ended process is still on its way to its client.
    var isDelivering: Bool { stdout.isDelivering || stderr.isDelivering }

    /// Whether this must be kept.
    var isActive: Bool { stdout.isActive || stderr.isActive }

    func close() {
        processEnds = nil
        closeInput()
        stdout.close()
        stderr.close()
    }

    private func closeInput() {
        if let inputOpening { loop.cancel(inputOpening) }
        inputOpening = nil
        inputFeed = nil
        stdinHold = nil
        stdinRelay?.cancel()
        stdinRelay = nil
        streamInput?.cancel()
        streamInput = nil
        if let inputStream { streams.release(inputStream) }
        inputStream = nil
        master = nil
    }

    // MARK: Streams

    private func openInput() throws(Status) -> FileDescriptor {
        switch try StreamTarget(request.stdin) {
        case .none: return try Self.null(.readOnly)
        case .fifo(let path):
            do {
                return try relayedInput(from: path)
            } catch {
                throw Status("stream", error)
            }
        case .stream(let id):
            inputStream = try streams.claim(id)
            do {
                return try inputPipe()
            } catch {
                throw Status("stream", error)
            }
        case .file, .binary:
            throw Status(
                .invalidArgument, "stream \"\(request.stdin)\": standard input must be a FIFO or a ttrpc+unix URI")
        }
    }

    /// A pipe that will be fed from the FIFO, and the process's end of it. With the FIFO itself the process would only
    /// see the end of its input when the last client closes it, whatever CloseIO says.
    private func relayedInput(from path: String) throws(SystemCallError) -> FileDescriptor {
        // Opened so, a FIFO has no reader yet.
        let place = try FileDescriptor.open(path, .pathOnly)
        guard try FileStatus(of: place.rawValue, object: path).kind == .fifo else {
            throw SystemCallError("open FIFO", on: path, errno: .invalidArgument)
        }
        return try inputPipe()
    }

    private func inputPipe() throws(SystemCallError) -> FileDescriptor {
        let ends = try Pipe().ends()
        let reading = FileDescriptor(owning: ends.reading)
        let writing = FileDescriptor(owning: ends.writing)
        // The pipe's two ends are open files of their own: the process's stays one that waits.
        try writing.setNonBlocking(true)
        inputFeed = consume writing
        return reading
    }

    private func open(_ target: StreamTarget, _ text: String, _ stream: OutputStream) throws(Status) -> FileDescriptor {
        switch target {
        case .none: return try Self.null(.writeOnly)
        case .binary:
            throw Status(.invalidArgument, "stream \"\(text)\": a log driver for standard error must be that of output")
        case .fifo(let path):
            do {
                // A client's FIFO stays its maker's: what is to be another user's is a pipe.
                let isDirect = owner.isInit && owner.pipeOwner == nil
                return isDirect ? try stream.openDirect(fifo: path) : try stream.openRelayed(fifo: path)
            } catch {
                throw Status("stream", error)
            }
        case .file(let path):
            do {
                return try stream.openRelayed(file: path)
            } catch {
                throw Status("stream", error)
            }
        case .stream(let id): return try stream.openRelayed(stream: id)
        }
    }

    private func attach(_ terminal: consuming FileDescriptor) throws(SystemCallError) {
        switch try? StreamTarget(request.stdout) {
        case .fifo(let path): try stdout.relay(terminal: try terminal.duplicate(), toFifo: path)
        case .file(let path): try stdout.relay(terminal: try terminal.duplicate(), toFile: path)
        case .binary(let path, let arguments):
            guard
                let program = try? LogProgram(
                    path: path, arguments: arguments, id: owner.id, namespace: owner.namespace)
            else { throw SystemCallError("start log driver", on: path, errno: .inputOutput) }
            try stdout.relay(terminal: try terminal.duplicate(), to: try program.stdout.duplicate())
        case .stream(let id):
            try stdout.feed(try claim(id), from: try terminal.duplicate(), isTerminal: true)
        case .some(.none), nil:
            // Nobody wants the output, but a terminal that is not read stops its process.
            let null = try FileDescriptor.open("/dev/null", .writeOnly)
            try stdout.relay(terminal: try terminal.duplicate(), to: null)
        }
        if case .fifo(let path)? = try? StreamTarget(request.stdin) {
            let source = try Fifo.open(path, .reading)
            stdinHold = try Fifo.open(path, .writing)
            stdinRelay = try Relay(from: source, to: try terminal.duplicate(), method: .copy, loop: loop) { _ in }
        }
        if case .stream(let id)? = try? StreamTarget(request.stdin) {
            let stream = try claim(id)
            inputStream = stream
            streamInput = StreamInput(from: stream, to: try terminal.duplicate(), loop: loop)
        }
        master = consume terminal
    }

    private func claim(_ id: String) throws(SystemCallError) -> ByteStream {
        do {
            return try streams.claim(id)
        } catch {
            throw SystemCallError("find stream", on: id, errno: .noSuchFile)
        }
    }

    private static func give(_ numbers: [Int32], to owner: PipeOwner) throws(Status) {
        do {
            for number in numbers where try FileStatus(of: number).kind == .fifo {
                try changeOwner(of: number, uid: owner.user, gid: owner.group)
            }
        } catch {
            throw Status("runtime options \"io_uid\" and \"io_gid\": \(owner.user) and \(owner.group)", error)
        }
    }

    private static func null(_ flags: OpenFlags) throws(Status) -> FileDescriptor {
        do {
            return try FileDescriptor.open("/dev/null", flags)
        } catch {
            throw Status("stream", error)
        }
    }

    private static func duplicate(_ descriptor: borrowing FileDescriptor) throws(Status) -> FileDescriptor {
        do {
            return try descriptor.duplicate()
        } catch {
            throw Status("stream", error)
        }
    }
}
