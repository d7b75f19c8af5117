internal import Dispatch
internal import Model
internal import Synchronization

/// Chunks from a thread that may wait to a task that may not, a few at a time.
final class ChunkChannel: Sendable {
    private static let capacity = 4

    /// To be read by one task, which calls `taken` after each.
    let chunks: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation
    // Counts up from zero: a semaphore that ends below its first value is an error of libdispatch.
    private let room = DispatchSemaphore(value: 0)
    private let isCancelled = Mutex(false)

    init() {
        (chunks, continuation) = AsyncStream.makeStream()
        for _ in 0..<Self.capacity { room.signal() }
    }

    /// Waits until there is room. `cancelled` when the reader has given up.
    func send(_ chunk: [UInt8]) throws(Failure) {
        room.wait()
        guard !isCancelled.withLock({ $0 }) else { throw Failure(.cancelled, "the reader has given up") }
        continuation.yield(chunk)
    }

    func end() {
        continuation.finish()
    }

    func taken() {
        room.signal()
    }

    func cancel() {
        isCancelled.withLock { $0 = true }
        room.signal()
    }
}
