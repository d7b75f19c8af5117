internal import Kernel
internal import TestKit

/// A program of the host that runs, with what it prints in two files until it has ended.
struct RunningTool {
    private let words: [String]
    private let process: Int32
    private let output: String

    /// No engine is asked for anything that takes longer.
    private static let longest: Int32 = 60_000

    /// - Parameter output: a path that nothing has; standard error is beside it.
    init(
        _ words: [String], environment: [String: String] = [:], input: String = "/dev/null", output: String
    ) throws {
        self.words = words
        self.output = output
        let file = try FileDescriptor.open(output, [.writeOnly, .create], mode: 0o600)
        let errors = try FileDescriptor.open(output + ".err", [.writeOnly, .create], mode: 0o600)
        process = try Tool.start(
            words, environment: environment, input: input, output: file.rawValue, errors: errors.rawValue)
    }

    /// Waits until it ends; one that takes longer than a minute is killed.
    func wait() throws -> Tool {
        let descriptor = try openProcess(process)
        let isOver = try waitUntilReadable(descriptor.rawValue, milliseconds: Self.longest)
        if !isOver { try sendSignal(SignalNumber.kill, to: descriptor.rawValue) }
        let exit = try ChildExit.wait(for: process)
        let result = Tool(
            code: Int32(exit.status), output: try SmallFile.text(output, limit: 64 << 20),
            errors: try SmallFile.text(output + ".err", limit: 64 << 20))
        for path in [output, output + ".err"] { try removeFile(path) }
        guard isOver else { throw Tool.Fault(description: "\(words): does not end: \(result.errors)") }
        return result
    }
}
