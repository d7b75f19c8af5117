internal import Model

/// Bytes in order, from whoever has them.
protocol ByteSource: AnyObject {
    /// Fills `buffer` as far as there are bytes: fewer than it holds only at the end, 0 after it.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int
}

/// The bytes of a blob.
final class BlobSource: ByteSource {
    private let reader: any BlobReader
    private var offset: Int64 = 0

    init(_ reader: any BlobReader) {
        self.reader = reader
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        var done = 0
        while done < buffer.count {
            let count = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: offset)
            if count == 0 { break }
            done += count
            offset += Int64(count)
        }
        return done
    }
}

/// A source with a part of it in memory, for decoders and for a look at the first bytes.
final class BufferedSource {
    private let source: any ByteSource
    private let buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    init(_ source: any ByteSource, capacity: Int = 256 << 10) {
        self.source = source
        buffer = .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit {
        buffer.deallocate()
    }

    /// What has been read and not been consumed. Valid until the next `fill`.
    var available: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: buffer[start..<end])
    }

    /// Gets at least `count` bytes, at most the capacity, unless the source ends.
    func fill(_ count: Int = 1) throws(Failure) {
        guard end - start < count, !isAtEnd else { return }
        if start > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
            end -= start
            start = 0
        }
        let read = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
        isAtEnd = read < buffer.count - end
        end += read
    }

    func consume(_ count: Int) {
        start += count
    }
}

/// What is in the buffer, then what is behind it: a layer that is not compressed.
final class PlainSource: ByteSource {
    private let source: BufferedSource

    init(_ source: BufferedSource) {
        self.source = source
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        var done = 0
        while done < buffer.count {
            try source.fill()
            let bytes = source.available.prefix(buffer.count - done)
            if bytes.isEmpty { break }
            UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes))
            source.consume(bytes.count)
            done += bytes.count
        }
        return done
    }
}
