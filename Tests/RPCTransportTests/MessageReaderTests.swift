import Testing

@testable import RPCTransport

@Suite struct MessageReaderTests {
    private func read(_ pieces: [[UInt8]], maximumSize: Int = 1 << 10) throws -> (messages: [[UInt8]], rest: Bool) {
        var reader = MessageReader(maximumSize: maximumSize)
        var messages: [[UInt8]] = []
        for piece in pieces { try piece.withUnsafeBytes { try reader.read($0) { messages.append($0) } } }
        return (messages, reader.isInsideMessage)
    }

    /// Of 3, 0 and 300 bytes.
    private let three: [UInt8] =
        [0, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 44] + [UInt8](repeating: 9, count: 300)

    @Test func `messages are cut apart, however the bytes come`() throws {
        for size in 1...three.count {
            let pieces = stride(from: 0, to: three.count, by: size).map {
                Array(three[$0..<min($0 + size, three.count)])
            }
            let (messages, rest) = try read(pieces)
            #expect(messages == [[1, 2, 3], [], [UInt8](repeating: 9, count: 300)])
            #expect(!rest)
        }
    }

    @Test func `a message that is cut short is seen`() throws {
        for count in 1..<8 { #expect(try read([Array(three.prefix(count))]).rest) }
        #expect(try !read([Array(three.prefix(8))]).rest)
    }

    @Test func `a message above the limit is refused by its length alone`() throws {
        #expect(throws: MessageReader.Refusal.tooLarge(300)) { try read([three], maximumSize: 299) }
        #expect(throws: MessageReader.Refusal.tooLarge(0xFFFF_FFFF)) { try read([[0, 255, 255, 255, 255]]) }
    }

    @Test func `a compressed message is refused`() throws {
        #expect(throws: MessageReader.Refusal.compressed) { try read([[1, 0, 0, 0, 0]]) }
    }

    @Test func `a prefix is what the reader reads`() throws {
        let message = [UInt8](repeating: 5, count: 70_000)
        #expect(try read([MessageReader.prefix(70_000) + message], maximumSize: 1 << 20).messages == [message])
    }
}

@Suite struct StatusMessageTests {
    @Test(arguments: [
        ("", ""), ("container \"a\": not found", "container \"a\": not found"), ("100%", "100%25"),
        ("zwei\nZeilen", "zwei%0AZeilen"), ("ü", "%C3%BC"), ("~\u{7F}", "~%7F"),
    ]) func `text comes back as it was`(_ text: String, _ encoded: String) {
        #expect(StatusMessage.encoded(text) == encoded)
        #expect(StatusMessage.decoded(encoded) == text)
    }

    @Test(arguments: ["%", "%4", "%zz", "a%%"]) func `what is no encoding stays`(_ text: String) {
        #expect(StatusMessage.decoded(text) == text)
    }
}
