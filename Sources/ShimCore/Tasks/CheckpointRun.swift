internal import Kernel
internal import TTRPC

/// A checkpoint that is being written, by a copy of this process.
///
/// Criu is spoken to from beginning to end, which takes as long as the container has memory: a thread that waits for it
/// would keep every other container of the group waiting as well. The copy has all that the work needs, and none of the
/// work changes what this process knows. It dies with this process, and criu gives up when the copy is gone.
final class CheckpointRun {
    private let process: Int32
    private let outcome: FileDescriptor
    private let loop: EventLoop
    private var watch: EventLoop.Watch?
    private var message: [UInt8] = []
    private let ended: (Status?) -> Void

    /// What is told of an error: its code, then its text.
    private static let longestMessage = 64 << 10
    /// How long criu may take to end when the container has, in milliseconds.
    private static let longestEnd: Int32 = 10_000

    /// - Parameters:
    ///   - work: runs in the copy.
    ///   - ended: called once, with the reason where there are no images.
    init(
        loop: EventLoop, ended: @escaping (Status?) -> Void, work: () -> Status?
    ) throws(SystemCallError) {
        let ends = try Pipe().ends()
        let reading = FileDescriptor(owning: ends.reading)
        let writing = FileDescriptor(owning: ends.writing)
        switch try cloneProcess([]) {
        case .child: Self.run(work, writing.rawValue)
        case .parent(let process, _): self.process = process
        }
        self.loop = loop
        self.ended = ended
        outcome = reading
        try? outcome.setNonBlocking(true)
        do {
            watch = try loop.watch(outcome.rawValue, .readable) { [unowned self] _ in read() }
        } catch {
            try? sendSignal(Signal.kill, toProcess: process)
            throw error
        }
    }

    /// The container has ended, with its checkpoint or before: waits for criu, which has nothing left to do.
    func finish() {
        if (try? waitUntilReadable(outcome.rawValue, milliseconds: Self.longestEnd)) != true { cancel() }
        while watch != nil, (try? waitUntilReadable(outcome.rawValue, milliseconds: Self.longestEnd)) == true { read() }
        if watch != nil { end(Status(.unavailable, "checkpoint: criu does not end, though the container has")) }
    }

    private func cancel() {
        try? sendSignal(Signal.kill, toProcess: process)
    }

    private static func run(_ work: () -> Status?, _ outcome: Int32) -> Never {
        try? setParentDeathSignal(Signal.kill)
        var message: [UInt8] = [0]
        if let failure = work() {
            message =
                [UInt8(truncatingIfNeeded: failure.code.rawValue)]
                + failure.message.utf8.prefix(longestMessage)
        }
        message.withUnsafeBytes { _ = try? Transfer.write($0, to: outcome) }
        exitProcess(0)
    }

    private func read() {
        let result = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer -> Transfer? in
            guard let result = try? Transfer.read(outcome.rawValue, into: buffer) else { return nil }
            if case .moved(let count) = result { message += buffer[..<count] }
            return result
        }
        switch result {
        case .moved, .wouldBlock: return
        case .ended, nil: end(status)
        }
    }

    private var status: Status? {
        guard let code = message.first else {
            return Status(.aborted, "checkpoint: was ended before there was an outcome")
        }
        guard code != 0 else { return nil }
        return Status(StatusCode(rawValue: Int32(code)), String(decoding: message.dropFirst(), as: UTF8.self))
    }

    private func end(_ status: Status?) {
        guard let watch else { return }
        loop.unwatch(watch)
        self.watch = nil
        ended(status)
    }
}
