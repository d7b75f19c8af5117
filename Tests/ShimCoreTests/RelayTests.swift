import Kernel
import Testing

@testable import ShimCore

@Suite struct RelayTests {
    /// Runs the loop until `condition` holds, or records an issue.
    private func run(_ loop: EventLoop, until condition: @escaping () -> Bool) throws {
        var expired = false
        let deadline = loop.schedule(after: 10_000) {
            expired = true
            loop.stop()
        }
        func check() {
            if condition() { loop.stop() } else { _ = loop.schedule(after: 1, check) }
        }
        if condition() { return loop.cancel(deadline) }
        _ = loop.schedule(after: 1, check)
        try loop.run()
        loop.cancel(deadline)
        #expect(!expired, "the condition never held")
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard case .moved(let count) = try rest.withUnsafeBytes({ try Transfer.write($0, to: descriptor) }) else {
                return
            }
            rest = rest.dropFirst(count)
        }
    }

    /// What can be read now.
    private func read(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case .moved(let count)? = try? buffer.withUnsafeMutableBytes({ try Transfer.read(descriptor, into: $0) })
        {
            bytes += buffer[..<count]
        }
        return bytes
    }

    @Test(arguments: [Relay.Method.splice, .copy]) func `bytes arrive whole and in order`(_ method: Relay.Method) throws
    {
        let loop = try EventLoop()
        let source = try Pipe().ends()
        let destination = try Pipe().ends()
        let input = FileDescriptor(owning: source.writing)
        let output = FileDescriptor(owning: destination.reading)
        try output.setNonBlocking(true)
        let target = FileDescriptor(owning: destination.writing)
        try target.setNonBlocking(true)
        try input.setNonBlocking(true)
        var ended = false
        let relay = try Relay(
            from: FileDescriptor(owning: source.reading), to: target, method: method, loop: loop
        ) { _ in ended = true }
        // More than both pipes hold: the relay has to wait for its reader and its writer in turn.
        let message = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        var sent = message[...]
        var received: [UInt8] = []
        var writer: FileDescriptor? = consume input
        try run(loop) {
            if let raw = writer?.rawValue {
                if case .moved(let count)? = try? sent.withUnsafeBytes({ try Transfer.write($0, to: raw) }) {
                    sent = sent.dropFirst(count)
                }
                if sent.isEmpty { writer = nil }
            }
            received += read(output.rawValue)
            return ended && received.count == message.count
        }
        #expect(received == message)
        #expect(!relay.isDelivering)
    }

    @Test func `after its process a stream ends, though a child keeps it open`() throws {
        let loop = try EventLoop()
        let source = try Pipe().ends()
        let destination = try Pipe().ends()
        let child = source.writing
        let output = FileDescriptor(owning: destination.reading)
        try output.setNonBlocking(true)
        let target = FileDescriptor(owning: destination.writing)
        try target.setNonBlocking(true)
        var ended = false
        let relay = try Relay(
            from: FileDescriptor(owning: source.reading), to: target, method: .splice, loop: loop
        ) { _ in ended = true }
        try write([1, 2, 3], to: child)
        relay.finish()
        #expect(!relay.isDelivering)
        #expect(read(output.rawValue) == [1, 2, 3])
        var byte: UInt8 = 0
        let end = try withUnsafeMutableBytes(of: &byte) { try Transfer.read(output.rawValue, into: $0) }
        #expect(end == .ended)

        // The child goes on writing into nothing and is not disturbed.
        try write([4, 5, 6], to: child)
        try run(loop) { Transfer.readable(child) == 0 }
        #expect(!ended)
        _ = FileDescriptor(owning: child)
        try run(loop) { ended }
    }

    @Test func `a reader that stalls holds back what was written before the end, and then gets it`() throws {
        let loop = try EventLoop()
        let source = try Pipe().ends()
        let destination = try Pipe().ends()
        let input = FileDescriptor(owning: source.writing)
        try input.setNonBlocking(true)
        let output = FileDescriptor(owning: destination.reading)
        try output.setNonBlocking(true)
        let target = FileDescriptor(owning: destination.writing)
        try target.setNonBlocking(true)
        let relay = try Relay(
            from: FileDescriptor(owning: source.reading), to: target, method: .splice, loop: loop
        ) { _ in }
        var written = 0
        let block = [UInt8](repeating: 9, count: 4096)
        for _ in 0..<200 {
            if case .moved(let count)? = try? block.withUnsafeBytes({ try Transfer.write($0, to: input.rawValue) }) {
                written += count
            }
            var turned = false
            _ = loop.schedule(after: 1) { turned = true }
            try run(loop) { turned }
        }
        relay.finish()
        #expect(relay.isDelivering)
        var received = 0
        try run(loop) {
            received += read(output.rawValue).count
            return !relay.isDelivering && received >= written
        }
        #expect(received == written)
    }
}
