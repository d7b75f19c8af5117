internal import Dispatch
internal import Glibc
internal import Kernel
internal import Model

/// The FIFOs that join this process's standard streams to those of a process in a container.
///
/// Life cycle: made and joined by `connect` before the process is created (its shim opens the other ends of an
/// init's at Create, of a further process's at Start), `finish` after its exit. The directory goes with `remove`;
/// what a crash leaves, see `StreamDirectory`.
final class ProcessStreams: Sendable {
    private let directory: StreamDirectory
    let io: TaskIO
    private let interactive: Bool
    private let outputs = DispatchGroup()

    private static let chunk = 64 << 10

    /// - Parameters:
    ///   - interactive: whether this process's standard input is passed on.
    ///   - forExec: whether they are those of a further process, not of a container's init.
    init(interactive: Bool, terminal: Bool, forExec: Bool) throws(Failure) {
        self.interactive = interactive
        directory = try StreamDirectory(forExec: forExec)
        let path = directory.path
        io = TaskIO(
            stdin: interactive ? "\(path)/stdin" : "", stdout: "\(path)/stdout",
            stderr: terminal ? "" : "\(path)/stderr", terminal: terminal)
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
        DispatchQueue(label: "stdin").async { [path = io.stdin] in
            // Waits for the shim, which opens its end when the process starts.
            let fifo = Glibc.open(path, O_WRONLY | O_CLOEXEC)
            guard fifo >= 0 else { return }
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
        directory.remove()
    }

    private func copyOutput(_ path: String, to descriptor: Int32) throws(Failure) {
        let fifo = try openForReading(path)
        outputs.enter()
        DispatchQueue(label: path).async { [outputs] in
            Self.awaitWriter(of: fifo)
            Self.copy(from: fifo, to: descriptor)
            close(fifo)
            outputs.leave()
        }
    }

    /// Opens at once, whether or not the shim has its end open yet; reads wait once there has been a writer.
    private func openForReading(_ path: String) throws(Failure) -> Int32 {
        let fifo = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard fifo >= 0 else {
            throw Failure(
                .unavailable, "stream \"\(path)\": cannot be opened", cause: SystemCallError("open", on: path))
        }
        return fifo
    }

    /// A read would take a FIFO that had no writer yet for one at its end; poll(2) does not.
    private static func awaitWriter(of fifo: Int32) {
        var ready = pollfd(fd: fifo, events: Int16(POLLIN), revents: 0)
        while poll(&ready, 1, -1) < 0, errno == EINTR {}
        _ = fcntl(fifo, F_SETFL, O_RDONLY)
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
