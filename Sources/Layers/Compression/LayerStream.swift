internal import Crypto
internal import Dispatch
internal import ImageSpec
internal import Model
internal import Synchronization

/// A layer's uncompressed tar, piece by piece, with its digest when all has been taken.
///
/// Reading, decompressing and hashing run on a thread of their own, a few buffers ahead of whoever takes the
/// pieces; a layer of few bytes is not worth that and is decoded as it is asked for. To be used by one thread.
final class LayerStream {
    private static let pieceSize = 256 << 10
    private static let pieces = 4
    /// Compressed bytes from which on a second thread pays.
    private static let threadThreshold: Int64 = 64 << 10

    private let ring: PieceRing
    private let thread: LayerThread?
    private var decoder: Decoder?
    private var holdsPiece = false
    private var isAtEnd = false

    init(_ reader: any BlobReader) throws(Failure) {
        let ring = PieceRing(pieces: Self.pieces, size: Self.pieceSize)
        self.ring = ring
        guard reader.size >= Self.threadThreshold else {
            thread = nil
            decoder = try Decoder(reader)
            return
        }
        thread = try LayerThread {
            do throws(Failure) {
                let decoder = try Decoder(reader)
                while let buffer = ring.nextFree() {
                    let count = try decoder.read(into: buffer)
                    if count == 0 { return ring.end(.success(decoder.finish())) }
                    ring.put(count)
                }
            } catch {
                ring.end(.failure(error))
            }
        }
    }

    deinit {
        ring.cancel()
        thread?.join()
    }

    /// The next piece, valid until the next call; nil at the end.
    func next() throws(Failure) -> UnsafeRawBufferPointer? {
        if isAtEnd { return nil }
        if let decoder {
            let buffer = ring.buffer(0)
            let count = try decoder.read(into: buffer)
            if count > 0 { return UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
            ring.end(.success(decoder.finish()))
            isAtEnd = true
            return nil
        }
        if holdsPiece { ring.giveBack() }
        let piece = ring.take()
        holdsPiece = piece != nil
        isAtEnd = piece == nil
        if isAtEnd { _ = try outcome() }
        return piece
    }

    /// Digest and size of the whole tar, once `next` has answered nil.
    func outcome() throws(Failure) -> Outcome {
        guard let outcome = ring.outcome else { throw Failure(.internal, "the layer was not read to its end") }
        return try outcome.get()
    }

    struct Outcome: Sendable {
        let digest: ImageSpec.Digest
        let size: Int64
    }

    /// Decompresses and hashes.
    private final class Decoder {
        private let source: any ByteSource
        private var hash = SHA256()
        private var size: Int64 = 0

        init(_ reader: any BlobReader) throws(Failure) {
            let start = BufferedSource(BlobSource(reader))
            try start.fill(4)
            source =
                switch try LayerCompression.found(in: UnsafeRawBufferPointer(start.available)) {
                case .none: PlainSource(start)
                case .gzip: GzipSource(start)
                case .zstd: try ZstdSource(start)
                }
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
            let count = try source.read(into: buffer)
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            size += Int64(count)
            return count
        }

        func finish() -> Outcome {
            Outcome(digest: ImageSpec.Digest(.sha256, bytes: hash.finalize()), size: size)
        }
    }
}

/// Buffers that go round between a thread that fills and one that empties them.
private final class PieceRing: Sendable {
    private struct State {
        /// How much is in each filled buffer, in order.
        var counts: [Int] = []
        var outcome: Result<LayerStream.Outcome, Failure>?
        var isCancelled = false
        var filled = 0
        var taken = 0
    }

    private let state = Mutex(State())
    private let pieces: Int
    private let size: Int
    /// A buffer belongs to the filling thread from `nextFree` to `put`, to the other from `take` to `giveBack`.
    nonisolated(unsafe) private let memory: UnsafeMutableRawBufferPointer
    // Both count up from zero: a semaphore that ends below its first value is an error of libdispatch.
    private let free = DispatchSemaphore(value: 0)
    private let ready = DispatchSemaphore(value: 0)

    init(pieces: Int, size: Int) {
        self.pieces = pieces
        self.size = size
        memory = .allocate(byteCount: pieces * size, alignment: 4096)
        for _ in 0..<pieces { free.signal() }
    }

    deinit {
        memory.deallocate()
    }

    func buffer(_ index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[(index * size)..<((index + 1) * size)])
    }

    /// Waits for an empty buffer; nil when nobody wants more.
    func nextFree() -> UnsafeMutableRawBufferPointer? {
        free.wait()
        let index: Int? = state.withLock { $0.isCancelled ? nil : $0.filled % pieces }
        return index.map(buffer)
    }

    func put(_ count: Int) {
        state.withLock { state in
            state.counts.append(count)
            state.filled += 1
        }
        ready.signal()
    }

    func end(_ outcome: Result<LayerStream.Outcome, Failure>) {
        state.withLock { $0.outcome = outcome }
        ready.signal()
    }

    /// Waits for a filled buffer; nil when there will be none.
    func take() -> UnsafeRawBufferPointer? {
        ready.wait()
        let piece: (index: Int, count: Int)? = state.withLock { state in
            guard !state.counts.isEmpty else { return nil }
            defer { state.taken += 1 }
            return (state.taken % pieces, state.counts.removeFirst())
        }
        return piece.map { UnsafeRawBufferPointer(rebasing: buffer($0.index)[..<$0.count]) }
    }

    func giveBack() {
        free.signal()
    }

    func cancel() {
        state.withLock { $0.isCancelled = true }
        free.signal()
    }

    var outcome: Result<LayerStream.Outcome, Failure>? { state.withLock { $0.outcome } }
}
