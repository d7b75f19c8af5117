internal import Model

/// A layer's bytes as the tar reader takes them: headers copied, contents in place.
struct TarInput: ~Copyable {
    private let stream: LayerStream
    private var piece = UnsafeRawBufferPointer(start: nil, count: 0)
    private var isAtEnd = false

    init(_ stream: LayerStream) {
        self.stream = stream
    }

    /// Copies `buffer.count` bytes. Fewer only at the end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        var done = 0
        while done < buffer.count {
            guard let part = try next(atMost: buffer.count - done) else { break }
            UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyMemory(from: part)
            done += part.count
        }
        return done
    }

    /// Up to `count` bytes in place, valid until the next call; nil at the end.
    mutating func next(atMost count: Int) throws(Failure) -> UnsafeRawBufferPointer? {
        while piece.isEmpty {
            guard !isAtEnd, let next = try stream.next() else {
                isAtEnd = true
                return nil
            }
            piece = next
        }
        let part = UnsafeRawBufferPointer(rebasing: piece.prefix(count))
        piece = UnsafeRawBufferPointer(rebasing: piece.dropFirst(part.count))
        return part
    }

    /// Passes over `count` bytes. False when there are not as many.
    mutating func skip(_ count: Int64) throws(Failure) -> Bool {
        var rest = count
        while rest > 0 {
            guard let part = try next(atMost: Int(clamping: rest)) else { return false }
            rest -= Int64(part.count)
        }
        return true
    }

    /// Takes all that is left, so that the digest covers it.
    mutating func drain() throws(Failure) {
        while try next(atMost: .max) != nil {}
    }
}
