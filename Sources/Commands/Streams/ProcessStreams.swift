internal import Dispatch
internal import Glibc
internal import Kernel
internal import Model

/// The FIFOs that join this process's standard streams to those of a process in a container.
///
/// Life cycle: made before the process is created, `connect` once its shim holds the other ends (after Create or
/// Exec answered), `finish` after its exit. The directory goes with `remove`; a crash leaves an empty directory
/// below the run directory.
final class ProcessStreams: Sendable {
    private let directory: String
    let io: TaskIO
    private let interactive: Bool
    private let outputs = DispatchGroup()

    private static let parent = "/run/berth/fifo"
    private static let chunk = 64 << 10

    /// - Parameter interactive: whether this process's standard input is passed on.
    init(interactive: Bool, terminal: Bool) throws(Failure) {
        self.interactive = interactive
        directory = "\(Self.parent)/\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        io = TaskIO(
            stdin: interactive ? "\(directory)/stdin" : "", stdout: "\(directory)/stdout",
            stderr: terminal ? "" : "\(directory)/stderr", terminal: terminal)
        mkdir("/run/berth", 0o711)
        mkdir(Self.parent, 0o700)
        guard mkdir(directory, 0o700) == 0 else {
            throw Failure(
                .permissionDenied, "directory \"\(directory)\": cannot be made for the container's streams",
                cause: SystemCallError("mkdir", on: directory))
        }
        do throws(SystemCallError) {
            for path in [io.stdin, io.stdout, io.stderr] where !path.isEmpty { try Fifo.make(path) }
        } catch {
            remove()
            throw Failure(.permissionDenied, "the container's streams cannot be made", cause: error)
        }
    }

    /// - Parameter inputEnded: called when this process's standard input is at its end.
    func connect(inputEnded: @escaping @Sendable () -> Void) throws(Failure) {
        try copyOutput(io.stdout, to: STDOUT_FILENO)
        if !io.stderr.isEmpty { try copyOutput(io.stderr, to: STDERR_FILENO) }
        guard interactive else { return }
        let fifo = try open(io.stdin, O_WRONLY)
        DispatchQueue(label: "stdin").async {
            Self.copy(from: STDIN_FILENO, to: fifo)
            close(fifo)
            inputEnded()
        }
    }

    /// Waits until all output of the process has been passed on.
    func finish() async {
        await withCheckedContinuation { continuation in
            outputs.notify(queue: .global()) { continuation.resume() }
        }
    }

    func remove() {
        for path in [io.stdin, io.stdout, io.stderr] where !path.isEmpty { unlink(path) }
        rmdir(directory)
    }

    private func copyOutput(_ path: String, to descriptor: Int32) throws(Failure) {
        let fifo = try open(path, O_RDONLY)
        outputs.enter()
        DispatchQueue(label: path).async { [outputs] in
            Self.copy(from: fifo, to: descriptor)
            close(fifo)
            outputs.leave()
        }
    }

    /// The shim has the other end open, so this waits for nobody; from then on reads and writes do wait.
    private func open(_ path: String, _ mode: Int32) throws(Failure) -> Int32 {
        let fifo = Glibc.open(path, mode | O_NONBLOCK | O_CLOEXEC)
        guard fifo >= 0 else {
            throw Failure(
                .unavailable, "stream \"\(path)\": cannot be opened", cause: SystemCallError("open", on: path))
        }
        _ = fcntl(fifo, F_SETFL, mode)
        return fifo
    }

    private static func copy(from source: Int32, to destination: Int32) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(source, buffer.baseAddress, chunk)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            StandardOutput.write(Array(buffer[..<count]), to: destination)
        }
    }
}
