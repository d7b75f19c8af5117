import Foundation
import Synchronization
import Testing

/// A program that ran to its end: what it printed and how it ended.
struct ToolRun {
    var status: Int32
    var output: String
    var errors: String

    /// The lines of the output, without trailing blanks, without empty ones.
    var lines: [String] {
        output.split(whereSeparator: \.isNewline).map { line in
            String(line.reversed().drop(while: { $0 == " " || $0 == "\t" }).reversed())
        }.filter { !$0.isEmpty }
    }

    /// The words of each line.
    var rows: [[String]] { lines.map { $0.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init) } }

    enum Fault: Error {
        case timedOut(String)
        case failed(String)
    }

    /// Runs `program` to its end, at most a minute.
    static func run(_ program: String, _ arguments: [String]) async throws -> ToolRun {
        try await RunningTool(program, arguments).ended()
    }

    /// The output of a command that must succeed.
    @discardableResult
    static func output(_ program: String, _ arguments: [String]) async throws -> String {
        let run = try await run(program, arguments)
        guard run.status == 0 else {
            throw Fault.failed(
                "\(program) \(arguments.joined(separator: " ")): \(run.status): \(run.errors)\(run.output)")
        }
        return run.output
    }
}

/// A program that is running.
final class RunningTool: Sendable {
    private let process: Process
    private let output = Gathered()
    private let errors = Gathered()
    private let name: String

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        name = ([program] + arguments).joined(separator: " ")
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        try process.run()
        output.begin()
        errors.begin()
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var outputSoFar: String { output.text }
    var errorsSoFar: String { errors.text }

    func signal(_ number: Int32) {
        if process.isRunning { kill(pid, number) }
    }

    /// The processes that it has started itself. See proc_tid_children(5).
    var children: [Int32] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return threads.flatMap { thread in
            let children = try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/children", encoding: .utf8)
            return (children ?? "").split(separator: " ").compactMap { Int32($0) }
        }
    }

    /// Waits for the end; a program that takes longer than `limit` is killed.
    func ended(within limit: Duration = .seconds(60)) async throws -> ToolRun {
        guard await eventually(within: limit, { !self.process.isRunning }) else {
            kill(pid, SIGKILL)
            throw ToolRun.Fault.timedOut(name)
        }
        // A grandchild may keep the pipes open: what is there by now is all that counts then.
        _ = await eventually(within: .seconds(2)) { self.output.isDone && self.errors.isDone }
        return ToolRun(status: process.terminationStatus, output: output.text, errors: errors.text)
    }

    private final class Gathered: Sendable {
        let pipe = Pipe()
        private let state: Mutex<(data: Data, done: Bool)> = Mutex((Data(), false))

        var text: String { state.withLock { String(decoding: $0.data, as: UTF8.self) } }
        var isDone: Bool { state.withLock { $0.done } }

        /// Reads on a thread of its own; Foundation's handlers tell of the end late, or never, when many run at once.
        func begin() {
            let descriptor = pipe.fileHandleForReading.fileDescriptor
            Thread.detachNewThread {
                var buffer = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = read(descriptor, &buffer, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    self.state.withLock { $0.data.append(contentsOf: buffer[..<count]) }
                }
                // Foundation keeps processes that have ended, and their pipes with them.
                try? self.pipe.fileHandleForReading.close()
                self.state.withLock { $0.done = true }
            }
        }
    }
}

/// Looks at `condition` again and again until it holds; false when `limit` has passed.
func eventually(within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return true }
        guard ContinuousClock.now < deadline else { return false }
        try? await Task.sleep(for: .milliseconds(10))
    }
}

/// Expects `condition` to hold within a generous limit.
func expectEventually(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let held = try await eventually(condition)
    #expect(held, "it never came to hold", sourceLocation: sourceLocation)
}
