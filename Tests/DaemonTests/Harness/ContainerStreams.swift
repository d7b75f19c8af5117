import Foundation
import Model
import Testing

/// A process's streams as a client holds them: FIFOs of which the other ends are the shim's.
final class ContainerStreams {
    let io: TaskIO
    /// -1 once closed.
    private var input: Int32
    private let output: Int32
    private var received: [UInt8] = []

    init(in directory: String, _ name: String) throws {
        io = TaskIO(stdin: "\(directory)/\(name).in", stdout: "\(directory)/\(name).out")
        for path in [io.stdin, io.stdout] { try #require(mkfifo(path, 0o600) == 0) }
        // Both directions, so that neither end waits for the other to be opened.
        input = open(io.stdin, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        output = open(io.stdout, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    }

    deinit {
        closeInput()
        close(output)
    }

    /// What is sent ends here, once the shim has closed its end as well.
    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    func send(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        #expect(write(input, bytes, bytes.count) == bytes.count)
    }

    /// Expects `line` to be the next that arrives.
    func expect(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let expected = Array((line + "\n").utf8)
        try await expectEventually(sourceLocation: sourceLocation) {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(output, &buffer, buffer.count)
            if count > 0 { received += buffer[..<count] }
            return received.count >= expected.count
        }
        let text = String(decoding: received, as: UTF8.self)
        #expect(received.starts(with: expected), "\(text)", sourceLocation: sourceLocation)
        received.removeFirst(min(expected.count, received.count))
    }
}
