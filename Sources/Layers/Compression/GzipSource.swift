internal import CISAL
internal import Model

/// The contents of a gzip stream of one or more members, through ISA-L. RFC 1952.
///
/// Each member's checksum and length are verified. A stream that ends within a member is an error, and so is
/// anything but zero bytes behind the last one.
final class GzipSource: ByteSource {
    private let source: BufferedSource
    private let state: UnsafeMutablePointer<inflate_state>
    private var isDone = false

    init(_ source: BufferedSource) {
        self.source = source
        state = .allocate(capacity: 1)
        isal_inflate_init(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
    }

    deinit {
        state.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        guard !isDone, let base = buffer.baseAddress else { return 0 }
        state.pointee.next_out = base.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = UInt32(buffer.count)
        while state.pointee.avail_out > 0, !isDone {
            try source.fill()
            let input = source.available
            state.pointee.next_in = input.baseAddress!.assumingMemoryBound(to: UInt8.self)
            state.pointee.avail_in = UInt32(input.count)
            let room = state.pointee.avail_out
            let result = isal_inflate(state)
            source.consume(input.count - Int(state.pointee.avail_in))
            try check(result)
            if state.pointee.block_state == ISAL_BLOCK_FINISH {
                try beginNextMember()
            } else if input.isEmpty, state.pointee.avail_out == room {
                throw .damaged("gzip: ends in the middle of the data")
            }
        }
        return buffer.count - Int(state.pointee.avail_out)
    }

    private func check(_ result: Int32) throws(Failure) {
        switch result {
        case ISAL_DECOMP_OK, ISAL_END_INPUT, ISAL_OUT_OVERFLOW: return
        case ISAL_INCORRECT_CHECKSUM: throw .damaged("gzip: the checksum does not match the data")
        case ISAL_INVALID_WRAPPER: throw .damaged("gzip: not a gzip header")
        case ISAL_UNSUPPORTED_METHOD: throw .damaged("gzip: an unknown compression method")
        case ISAL_NEED_DICT: throw .damaged("gzip: wants a dictionary")
        default: throw .damaged("gzip: invalid compressed data")
        }
    }

    private func beginNextMember() throws(Failure) {
        while true {
            try source.fill(2)
            let rest = source.available
            guard let first = rest.first else {
                isDone = true
                return
            }
            if first == 0 {
                // Padding, as tapes and some builders leave it.
                source.consume(rest.prefix { $0 == 0 }.count)
                continue
            }
            guard first == 0x1F, rest.count > 1, rest[1] == 0x8B else {
                throw .damaged("gzip: \(rest.count) or more bytes behind the end that are no gzip member")
            }
            isal_inflate_reset(state)
            state.pointee.crc_flag = UInt32(ISAL_GZIP)
            return
        }
    }
}
