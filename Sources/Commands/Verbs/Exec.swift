internal import ArgumentParser
internal import Client
internal import Model
internal import RuntimeSpec

/// `berthctl exec`
struct Exec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command in a running container.",
        discussion: """
            The exit status is the command's own.

            Examples:
              berthctl exec web ps
              berthctl exec -it web sh
            """)

    @OptionGroup var global: GlobalOptions
    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give the command a terminal.")
    var terminal = false
    @Flag(name: [.customShort("i"), .long], help: "Pass standard input on to the command.")
    var interactive = false
    @Option(
        name: [.customShort("e"), .customLong("env")], parsing: .singleValue,
        help: "KEY=value to add to the environment.")
    var environment: [String] = []
    @Option(name: [.short, .customLong("workdir")], help: "The command's working directory.")
    var workingDirectory: String?
    @Argument(help: "The container's name.")
    var container: String
    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    func run() async throws {
        let arguments = command.first == "--" ? Array(command.dropFirst()) : command
        guard !arguments.isEmpty else { throw Failure.invalid("exec in \"\(container)\": a command is missing") }
        let status = try await global.connected { client in
            let process = try await process(client, arguments)
            let streams = try ProcessStreams(interactive: interactive || terminal, terminal: terminal, forExec: true)
            defer { streams.remove() }
            let id = "exec-\(String(UInt64.random(in: 1 << 44..<1 << 48), radix: 16))"
            let session = AttachedSession(
                client: client, id: container, exec: id, terminal: terminal, streams: streams)
            try session.connect()
            try await client.exec(container, exec: id, process: JSONWriter.bytes(of: process), io: streams.io)
            let raw: RawTerminal?
            do {
                raw = try await session.start()
            } catch {
                _ = try? await client.deleteProcess(container, exec: id)
                throw error
            }
            let status = try await session.finish(raw)
            try await client.deleteProcess(container, exec: id)
            return status
        }
        throw ExitCode(Int32(truncatingIfNeeded: status))
    }

    /// The container's own process with another command.
    private func process(_ client: Client, _ arguments: [String]) async throws -> ProcessSpec {
        let record = try await client.container(container)
        guard let spec = record.spec else { throw Failure.invalid("container \"\(container)\": has no specification") }
        let parsed = try spec.value.withUnsafeBytes { bytes throws(SpecError) in try Spec(parsing: bytes) }
        guard var process = parsed.process else {
            throw Failure.invalid("container \"\(container)\": its specification has no process")
        }
        process.args = arguments
        process.terminal = terminal
        process.env += (terminal ? ["TERM=xterm"] : []) + environment
        if let workingDirectory { process.cwd = workingDirectory }
        return process
    }
}
