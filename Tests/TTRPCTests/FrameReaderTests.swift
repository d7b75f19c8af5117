import TTRPC
import Testing

@Suite struct FrameReaderTests {
    private func frame(_ stream: UInt32, _ payload: [UInt8], type: MessageType = .request) -> [UInt8] {
        var bytes: [UInt8] = []
        FrameHeader(length: UInt32(payload.count), stream: stream, type: type).write(to: &bytes)
        return bytes + payload
    }

    private func feed(_ reader: inout FrameReader, _ bytes: [UInt8]) -> [FrameReader.Element] {
        bytes.withUnsafeBytes { reader.append($0) }
        var elements: [FrameReader.Element] = []
        while let element = reader.next() { elements.append(element) }
        return elements
    }

    @Test func `a header is ten big-endian bytes`() {
        var bytes: [UInt8] = []
        FrameHeader(length: 0x0102, stream: 0x0304_0506, type: .data, flags: [.remoteClosed, .noData]).write(to: &bytes)
        #expect(bytes == [0, 0, 1, 2, 3, 4, 5, 6, 3, 5])
        let header = bytes.withUnsafeBytes { FrameHeader(reading: $0) }
        #expect(header.length == 0x0102)
        #expect(header.stream == 0x0304_0506)
        #expect(header.type == .data)
        #expect(header.flags == [.remoteClosed, .noData])
    }

    @Test func `frames come out the same however the bytes are cut`() {
        let stream = frame(1, [1, 2, 3]) + frame(3, []) + frame(5, [UInt8](repeating: 7, count: 100))
        for size in 1...stream.count {
            var reader = FrameReader()
            var elements: [FrameReader.Element] = []
            for start in Swift.stride(from: 0, to: stream.count, by: size) {
                elements += feed(&reader, Array(stream[start..<min(start + size, stream.count)]))
            }
            #expect(elements.count == 3)
            guard case .frame(let last)? = elements.last else {
                Issue.record("the last element is no frame")
                return
            }
            #expect(last.header.stream == 5)
            #expect(last.payload == [UInt8](repeating: 7, count: 100))
            #expect(!reader.isInsideFrame)
        }
    }

    @Test func `an oversized frame is reported once, skipped, and the next one read`() {
        var reader = FrameReader(maximumPayload: 8)
        var elements = feed(&reader, Array(frame(1, [UInt8](repeating: 0, count: 20)).prefix(15)))
        #expect(elements == [.oversized(FrameHeader(length: 20, stream: 1, type: .request))])
        #expect(reader.isInsideFrame)
        elements = feed(&reader, [UInt8](repeating: 0, count: 15) + frame(3, [9]))
        #expect(elements == [.frame(Frame(header: FrameHeader(length: 1, stream: 3, type: .request), payload: [9]))])
    }

    @Test func `a frame that never ends yields nothing`() {
        var reader = FrameReader()
        #expect(feed(&reader, Array(frame(1, [1, 2, 3]).dropLast())).isEmpty)
        #expect(reader.isInsideFrame)
    }
}
