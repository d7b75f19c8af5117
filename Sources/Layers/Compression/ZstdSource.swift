internal import CZstd
internal import Model

/// The contents of zstd frames, one behind the other, skippable ones left out. RFC 8878.
final class ZstdSource: ByteSource {
    /// A frame may ask for this window at most: what a decoder must be able to do is 8 MiB, `zstd --ultra -22`
    /// makes 128 MiB.
    private static let maximumWindowLog: Int32 = 27

    private let source: BufferedSource
    private let context: OpaquePointer
    /// Whether the last frame begun is complete.
    private var isBetweenFrames = true

    init(_ source: BufferedSource) throws(Failure) {
        guard let context = ZSTD_createDCtx() else { throw Failure(.resourceExhausted, "zstd: out of memory") }
        self.source = source
        self.context = context
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.maximumWindowLog)
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        while output.pos < output.size {
            try source.fill()
            let available = source.available
            if available.isEmpty, isBetweenFrames { break }
            var input = ZSTD_inBuffer(src: available.baseAddress, size: available.count, pos: 0)
            let before = output.pos
            let result = ZSTD_decompressStream(context, &output, &input)
            source.consume(input.pos)
            guard ZSTD_isError(result) == 0 else {
                throw .damaged("zstd: \(String(cString: ZSTD_getErrorName(result)).lowercased())")
            }
            isBetweenFrames = result == 0
            if available.isEmpty, output.pos == before {
                throw .damaged("zstd: ends in the middle of the data")
            }
        }
        return output.pos
    }
}
