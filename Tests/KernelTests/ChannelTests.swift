internal import Kernel
internal import Testing

@Suite struct ChannelTests {
    private func pair() throws -> (Int32, Int32) { try Channel.pair() }

    private func send(_ text: String, over channel: borrowing Channel, passing passed: Int32? = nil) throws {
        let bytes = Array(text.utf8)
        try withExtendedLifetime(bytes) {
            try bytes.withUnsafeBytes { buffer in try channel.send(buffer, passing: passed) }
        }
    }

    private func receive(_ channel: borrowing Channel) throws -> (String, Int32?) {
        var bytes = [UInt8](repeating: 0, count: 64)
        let (count, passed) = try bytes.withUnsafeMutableBytes { buffer in try channel.receive(into: buffer) }
        return (String(decoding: bytes[..<count], as: UTF8.self), passed)
    }

    @Test func `messages keep their boundaries`() throws {
        let (one, other) = try pair()
        let near = Channel(FileDescriptor(owning: one))
        let far = Channel(FileDescriptor(owning: other))
        try send("one", over: near)
        try send("two", over: near)
        #expect(try receive(far).0 == "one")
        #expect(try receive(far).0 == "two")
    }

    @Test func `a descriptor travels along and is close-on-exec`() throws {
        let (one, other) = try pair()
        let near = Channel(FileDescriptor(owning: one))
        let far = Channel(FileDescriptor(owning: other))
        let null = try FileDescriptor.open("/dev/null", .readOnly)
        try send("x", over: near, passing: null.rawValue)
        let (_, passed) = try receive(far)
        let descriptor = FileDescriptor(owning: try #require(passed))
        let status = try FileStatus(of: descriptor.rawValue)
        #expect(status.kind == .characterDevice && status.major == 1 && status.minor == 3)
    }

    @Test func `the end of the other side is an empty message, and sending to it an error`() throws {
        let (one, other) = try pair()
        let near = Channel(FileDescriptor(owning: one))
        _ = FileDescriptor(owning: other)
        #expect(try receive(near).0.isEmpty)
        #expect(throws: SystemCallError.self) { try send("x", over: near) }
    }

    @Test func `the last words of an end that left messages unread are heard, and then its end`() throws {
        let (one, other) = try pair()
        let near = Channel(FileDescriptor(owning: one))
        do {
            let far = Channel(FileDescriptor(owning: other))
            try send("never read", over: near)
            try send("last words", over: far)
        }
        #expect(try receive(near).0 == "last words")
        #expect(try receive(near).0 == "")
    }
}
