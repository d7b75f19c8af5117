internal import Dispatch
internal import Glibc
internal import Model

/// A FIFO that a container writes into, read to its end on a thread of its own.
struct OutputFifo: Sendable {
    let path: String

    init(_ path: String) throws(Failure) {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw Failure(.unavailable, "FIFO \"\(path)\": cannot be made") }
    }

    struct Received: Sendable {
        var bytes = 0
        /// From the first byte to the end.
        var time = Duration.zero
    }

    /// Opens the FIFO, which waits for its writer, and reads until that has closed it.
    func drain() async -> Received {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "fifo").async { continuation.resume(returning: read()) }
        }
    }

    private func read() -> Received {
        var received = Received()
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return received }
        defer { close(descriptor) }
        let room = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { room.deallocate() }
        var start: ContinuousClock.Instant?
        while case let count = Glibc.read(descriptor, room, 1 << 20), count > 0 {
            if start == nil { start = .now }
            received.bytes += count
        }
        received.time = start.map { .now - $0 } ?? .zero
        return received
    }

    func remove() {
        unlink(path)
    }
}
