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
    }

    private struct ProcessEnds: ~Copyable {
        let stdin: FileDescriptor
        let stdout: FileDescriptor
        let stderr: FileDescriptor
    }

    private let loop: EventLoop
    private let request: StdioRequest
    private let owner: Owner
    private let stdout: OutputStream
    private let stderr: OutputStream

    /// What the process gets; closed here once it has them.
    private var processEnds: ProcessEnds?
    /// A writer of the input FIFO, so that the process does not see its end when a client goes away.
    private var stdinHold: FileDescriptor?
    private var stdinRelay: Relay?
    /// The terminal's master, for its size.
    private var master: FileDescriptor?

    init(_ request: StdioRequest, owner: Owner, loop: EventLoop) {
        self.request = request
        self.owner = owner
        self.loop = loop
        stdout = OutputStream(loop: loop)
        stderr = OutputStream(loop: loop)
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
        let io = ProcessIO.descriptors(
            stdin: ends.stdin.rawValue, stdout: ends.stdout.rawValue, stderr: ends.stderr.rawValue)
        processEnds = consume ends
        return io
    }

    /// The process has its descriptors, or its terminal.
    func started(terminal: consuming FileDescriptor?) throws(Status) {
        processEnds = nil
        guard let terminal else { return }
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
        stdinHold = nil
        if !request.terminal { stdinRelay?.finish() }
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
        stdinHold = nil
        stdinRelay?.cancel()
        stdinRelay = nil
        master = nil
        stdout.processEnded()
        stderr.processEnded()
    }

    /// Whether output of the ended process is still on its way to its client.
    var isDelivering: Bool { stdout.isDelivering || stderr.isDelivering }

    /// Whether this must be kept.
    var isActive: Bool { stdout.isActive || stderr.isActive }

    func close() {
        processEnds = nil
        stdinHold = nil
        stdinRelay?.cancel()
        stdinRelay = nil
        master = nil
        stdout.close()
        stderr.close()
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
        case .file, .binary:
            throw Status(.invalidArgument, "stream \"\(request.stdin)\": standard input must be a FIFO")
        }
    }

    /// A pipe that is fed from the FIFO, and the process's end of it. With the FIFO itself the process would only see
    /// the end of its input when the last client closes it, whatever CloseIO says.
    private func relayedInput(from path: String) throws(SystemCallError) -> FileDescriptor {
        let source = try Fifo.open(path, .reading)
        stdinHold = try Fifo.open(path, .writing)
        let ends = try Pipe().ends()
        let reading = FileDescriptor(owning: ends.reading)
        let writing = FileDescriptor(owning: ends.writing)
        // The pipe's two ends are open files of their own: the process's stays one that waits.
        try writing.setNonBlocking(true)
        stdinRelay = try Relay(from: source, to: writing, method: .splice, loop: loop) { _ in }
        return reading
    }

    private func open(_ target: StreamTarget, _ text: String, _ stream: OutputStream) throws(Status) -> FileDescriptor {
        switch target {
        case .none: return try Self.null(.writeOnly)
        case .binary:
            throw Status(.invalidArgument, "stream \"\(text)\": a log driver for standard error must be that of output")
        case .fifo(let path):
            do {
                return owner.isInit ? try stream.openDirect(fifo: path) : try stream.openRelayed(fifo: path)
            } catch {
                throw Status("stream", error)
            }
        case .file(let path):
            do {
                return try stream.openRelayed(file: path)
            } catch {
                throw Status("stream", error)
            }
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
        master = consume terminal
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
