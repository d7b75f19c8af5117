internal import Dispatch
internal import Glibc
internal import Kernel
internal import Model

/// The FIFOs that join this process's standard streams to those of a process in a container.
///
/// Life cycle: made and joined by `connect` before the process is created (its shim opens the other ends of an
/// init's at Create, of a further process's at Start), `finish` after its exit. The directory goes with `remove`;
/// a crash leaves the directory and its FIFOs below the run directory.
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
        for path in [io.stdin, io.stdout, io.stderr] where !path.isEmpty { unlink(path) }
        rmdir(directory)
    }

    /// Removes the FIFOs of a process that is gone and whose client was killed before it could.
    static func removeAbandoned(_ io: TaskIO) {
        for path in [io.stdin, io.stdout, io.stderr] where path.hasPrefix(parent + "/") {
            let names = path.dropFirst(parent.count + 1).split(separator: "/", omittingEmptySubsequences: false)
            guard names.count == 2, !names.contains("..") else { continue }
            unlink(path)
            rmdir("\(parent)/\(names[0])")
        }
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
