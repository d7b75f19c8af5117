internal import Kernel
internal import RuntimeSpec

/// Running a container's hooks, one after the other, each to its end. Specification: config.md, "POSIX-platform Hooks".
///
/// A hook is a child of the process that calls this and is in its namespaces. It has a session of its own, nothing of
/// the caller's environment, the state as its standard input, and no descriptor beside the first three. A crash of the
/// caller leaves a hook that is running to itself.
struct HookRun {
    /// What every hook reads, but for its status.
    let state: State
    /// Where hooks begin; nil is the caller's working directory.
    var directory: String?

    /// Of what a failed hook wrote, for the error; more makes no message.
    private static let longestOutput = 2048

    /// Runs the hooks of a stage until one fails.
    func run(_ hooks: [Hook], of stage: HookStage) throws(SetupFailure) {
        guard !hooks.isEmpty else { return }
        let document = document(for: stage)
        for (index, hook) in hooks.enumerated() { try run(hook, Self.name(stage, index), document) }
    }

    /// Runs all hooks of a stage, whatever becomes of the others; answers the failures.
    func runAll(_ hooks: [Hook], of stage: HookStage) -> [SetupFailure] {
        var failures: [SetupFailure] = []
        let document = document(for: stage)
        for (index, hook) in hooks.enumerated() {
            do {
                try run(hook, Self.name(stage, index), document)
            } catch {
                failures.append(error)
            }
        }
        return failures
    }

    private static func name(_ stage: HookStage, _ index: Int) -> String { "hooks.\(stage.rawValue)[\(index)]" }

    private func document(for stage: HookStage) -> [UInt8] {
        var state = state
        state.status = stage.status
        return JSONWriter.bytes(of: state)
    }

    private func run(_ hook: Hook, _ name: String, _ document: [UInt8]) throws(SetupFailure) {
        // Files in place of pipes: whoever reads or writes nothing stops nobody.
        let output = try during(.hook, name) { () throws(SystemCallError) in
            try FileDescriptor.memoryFile("hook-output")
        }
        let outcome = try during(.hook, name) { () throws(SystemCallError) in
            try spawn(hook, document, output.rawValue)
        }
        switch outcome {
        case .exited(0)?: return
        case .exited(let code)?:
            throw SetupFailure(
                .hook, name, refused: "\"\(hook.path)\" exited with code \(code)\(Self.text(of: output))")
        case .killed(let signal)?:
            throw SetupFailure(
                .hook, name, refused: "\"\(hook.path)\" was ended by signal \(signal)\(Self.text(of: output))")
        case nil:
            throw SetupFailure(
                .hook, name,
                refused: "\"\(hook.path)\" did not end within \(hook.timeout ?? 0) s and was killed"
                    + Self.text(of: output))
        }
    }

    /// Answers how the hook ended; nil if it was killed because its time was over.
    private func spawn(_ hook: Hook, _ document: [UInt8], _ output: Int32) throws(SystemCallError) -> ExitStatus? {
        let input = try FileDescriptor.memoryFile("hook-state")
        try document.withUnsafeBytes { buffer in
            Result { () throws(SystemCallError) in try input.writeAll(buffer) }
        }.get()
        try input.seek(to: 0)
        let pid = try HostProgram.spawn(
            hook.path, arguments: hook.args.isEmpty ? [hook.path] : hook.args, environment: hook.env,
            descriptors: [input.rawValue, output, output], session: true, directory: directory)
        // A child that nobody reaps keeps its number.
        let process: FileDescriptor
        do {
            process = try openProcess(pid)
        } catch {
            try? sendSignal(SignalNumber.kill, toProcess: -pid)
            _ = try? ChildExit.wait(for: pid)
            throw error
        }
        let milliseconds = hook.timeout.map { Int32(clamping: Int64($0) * 1000) } ?? -1
        if try waitUntilReadable(process.rawValue, milliseconds: milliseconds) {
            return try reapProcess(process.rawValue)
        }
        // With all that it started in its session's first group, as a shell's commands are.
        try? sendSignal(SignalNumber.kill, toProcess: -pid)
        _ = try reapProcess(process.rawValue)
        return nil
    }

    /// The end of what a hook wrote, as the end of a message.
    private static func text(of output: borrowing FileDescriptor) -> String {
        guard let size = try? output.inode().size, size > 0 else { return "" }
        let start = max(0, size - Int64(longestOutput))
        let bytes = withUnsafeTemporaryAllocation(byteCount: longestOutput, alignment: 1) { buffer -> [UInt8] in
            guard let count = try? output.read(into: buffer, at: start) else { return [] }
            return Array(buffer[..<count])
        }
        var text = String(decoding: bytes, as: UTF8.self)[...]
        while let last = text.last, last == "\n" || last == " " { text.removeLast() }
        return text.isEmpty ? "" : ": \(text)"
    }
}
