internal import Kernel

/// Between this process's standard streams and the terminal of a container's process.
struct TerminalRelay: ~Copyable {
    private let master: FileDescriptor
    /// This process's own terminal, which hands over every key while the other one is there to make sense of them.
    private let raw: RawTerminal?
    /// What was read from standard input and not taken by the other terminal yet.
    private var pending: ArraySlice<UInt8> = []
    private var inputHasEnded = false
    private var outputHasEnded = false

    private static let chunk = 16 << 10

    init(_ master: consuming FileDescriptor) throws(SystemCallError) {
        try master.setNonBlocking(true)
        self.master = master
        raw = try? RawTerminal.make(0)
    }

    /// Waits until a byte can be moved, and moves it, or until there is a signal.
    mutating func wait(or signals: Int32) throws(SystemCallError) {
        let ready = try Poll.wait([
            Poll.Interest(signals),
            Poll.Interest(0, readable: !inputHasEnded && pending.isEmpty),
            Poll.Interest(master.rawValue, readable: !outputHasEnded, writable: !pending.isEmpty),
        ])
        if ready[1].readable { readInput() }
        if ready[2].writable { writeInput() }
        if ready[2].readable { moveOutput() }
    }

    /// Moves the output that is there still.
    mutating func drain() {
        while !outputHasEnded, (try? waitUntilReadable(master.rawValue, milliseconds: 0)) == true { moveOutput() }
    }

    /// Gives the other terminal the size of this process's own.
    borrowing func resize() {
        guard let size = windowSize(of: 0) else { return }
        try? setWindowSize(of: master.rawValue, columns: size.columns, rows: size.rows)
    }

    private mutating func readInput() {
        switch Self.read(0) {
        case .moved(let bytes)?: pending = bytes
        case .nothing?: break
        case nil: inputHasEnded = true
        }
    }

    private mutating func writeInput() {
        let number = master.rawValue
        let outcome = pending.withUnsafeBytes { buffer in try? Transfer.write(buffer, to: number) }
        switch outcome {
        case .moved(let count)?: pending = pending.dropFirst(count)
        case .wouldBlock?: break
        case .ended?, nil: pending = []
        }
    }

    /// A master answers with an error when the last process has closed the other side.
    private mutating func moveOutput() {
        switch Self.read(master.rawValue) {
        case .moved(let bytes)?: Output.write(bytes, to: 1)
        case .nothing?: break
        case nil: outputHasEnded = true
        }
    }

    private enum Input {
        case moved(ArraySlice<UInt8>)
        case nothing
    }

    /// Nil at the end.
    private static func read(_ descriptor: Int32) -> Input? {
        var bytes = [UInt8](repeating: 0, count: chunk)
        switch bytes.withUnsafeMutableBytes({ buffer in try? Transfer.read(descriptor, into: buffer) }) {
        case .moved(let count)?: return .moved(bytes[..<count])
        case .wouldBlock?: return .nothing
        case .ended?, nil: return nil
        }
    }
}
