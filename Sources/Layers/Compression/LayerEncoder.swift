internal import CISAL
internal import CZstd
internal import Model

/// Compresses bytes as they come and hands on what has become of them.
protocol LayerEncoder: AnyObject {
    /// `isLast` ends the stream; nothing may follow.
    func encode(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool, to output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure)
}

final class PlainEncoder: LayerEncoder {
    func encode(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool, to output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        if !bytes.isEmpty { try output(bytes) }
    }
}

/// gzip through ISA-L, without name and time, so that the same tar gives the same blob.
final class GzipEncoder: LayerEncoder {
    private static let level: UInt32 = 2

    private let stream: UnsafeMutablePointer<isal_zstream>
    private let memory: UnsafeMutableRawBufferPointer
    private let buffer: UnsafeMutableRawBufferPointer

    init() {
        stream = .allocate(capacity: 1)
        memory = .allocate(byteCount: Int(berth_isal_level2_size), alignment: 64)
        buffer = .allocate(byteCount: 256 << 10, alignment: 64)
        isal_deflate_init(stream)
        stream.pointee.level = Self.level
        stream.pointee.level_buf = memory.baseAddress!.assumingMemoryBound(to: UInt8.self)
        stream.pointee.level_buf_size = berth_isal_level2_size
        stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
    }

    deinit {
        buffer.deallocate()
        memory.deallocate()
        stream.deallocate()
    }

    func encode(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool, to output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        // ISA-L only reads from it.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        stream.pointee.end_of_stream = isLast ? 1 : 0
        repeat {
            stream.pointee.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(buffer.count)
            guard isal_deflate(stream) == COMP_OK else { throw Failure(.internal, "gzip: the compressor failed") }
            let count = buffer.count - Int(stream.pointee.avail_out)
            if count > 0 { try output(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        } while stream.pointee.avail_out == 0 || stream.pointee.avail_in > 0
    }
}

/// zstd with a checksum of the contents.
final class ZstdEncoder: LayerEncoder {
    private static let level: Int32 = 3

    private let context: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer

    init() throws(Failure) {
        guard let context = ZSTD_createCCtx() else { throw Failure(.resourceExhausted, "zstd: out of memory") }
        self.context = context
        buffer = .allocate(byteCount: 256 << 10, alignment: 64)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Self.level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }

    deinit {
        ZSTD_freeCCtx(context)
        buffer.deallocate()
    }

    func encode(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool, to output: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            var result = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            let rest = ZSTD_compressStream2(context, &result, &input, isLast ? ZSTD_e_end : ZSTD_e_continue)
            guard ZSTD_isError(rest) == 0 else {
                throw Failure(.internal, "zstd: \(String(cString: ZSTD_getErrorName(rest)).lowercased())")
            }
            if result.pos > 0 { try output(UnsafeRawBufferPointer(rebasing: buffer[..<result.pos])) }
            if isLast ? rest == 0 : input.pos == input.size { return }
        }
    }
}
