internal import Crypto
internal import ImageSpec
internal import Model

/// Takes a layer's tar in whatever pieces, and hands on the layer in large ones, with both digests at the end.
final class LayerSink {
    private static let blockSize = 256 << 10
    private static let chunkSize = 1 << 20

    struct Outcome: Sendable {
        /// Of the tar: the diff ID.
        let uncompressed: ImageSpec.Digest
        /// Of the layer.
        let digest: ImageSpec.Digest
        let size: Int64
    }

    private let encoder: any LayerEncoder
    private let emit: ([UInt8]) throws(Failure) -> Void
    private let block: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var chunk: [UInt8] = []
    private var tarHash = SHA256()
    private var layerHash = SHA256()
    private var size: Int64 = 0

    init(_ compression: LayerCompression, emit: @escaping ([UInt8]) throws(Failure) -> Void) throws(Failure) {
        encoder =
            switch compression {
            case .none: PlainEncoder()
            case .gzip: GzipEncoder()
            case .zstd: try ZstdEncoder()
            }
        self.emit = emit
        block = .allocate(byteCount: Self.blockSize, alignment: 4096)
    }

    deinit {
        block.deallocate()
    }

    /// Where up to `space.count` bytes may be put, to be told of by `advance`. Never empty.
    func space() throws(Failure) -> UnsafeMutableRawBufferPointer {
        if filled == block.count { try flush(isLast: false) }
        return UnsafeMutableRawBufferPointer(rebasing: block[filled...])
    }

    func advance(_ count: Int) {
        filled += count
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let space = try space()
            let part = rest.prefix(space.count)
            space.copyBytes(from: part)
            advance(part.count)
            rest = rest.dropFirst(part.count)
        }
    }

    func finish() throws(Failure) -> Outcome {
        try flush(isLast: true)
        try emitChunk()
        return Outcome(
            uncompressed: ImageSpec.Digest(.sha256, bytes: tarHash.finalize()),
            digest: ImageSpec.Digest(.sha256, bytes: layerHash.finalize()), size: size)
    }

    private func flush(isLast: Bool) throws(Failure) {
        let bytes = UnsafeRawBufferPointer(rebasing: block[..<filled])
        tarHash.update(bufferPointer: bytes)
        filled = 0
        try encoder.encode(bytes, isLast: isLast) { output throws(Failure) in
            layerHash.update(bufferPointer: output)
            size += Int64(output.count)
            chunk.append(contentsOf: output)
            if chunk.count >= Self.chunkSize { try emitChunk() }
        }
    }

    private func emitChunk() throws(Failure) {
        guard !chunk.isEmpty else { return }
        let full = chunk
        chunk = []
        chunk.reserveCapacity(Self.chunkSize + Self.blockSize)
        try emit(full)
    }
}
