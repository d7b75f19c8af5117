internal import Client
internal import Model

/// A process in a container with this process's streams, terminal and signals, from its start to its exit.
struct AttachedSession: Sendable {
    let client: Client
    let id: String
    /// Empty for the container's init.
    let exec: String
    let terminal: Bool
    let streams: ProcessStreams

    /// Opens the streams' own ends. Must come before the process is created: its shim waits a moment for a reader
    /// that is not there yet.
    func connect() throws(Failure) {
        try streams.connect { Task { try? await client.closeInput(id, exec: exec) } }
    }

    /// Starts the created process. - Returns: this process's terminal, handed through from here on.
    func start() async throws(Failure) -> RawTerminal? {
        let raw = terminal ? RawTerminal() : nil
        do throws(Failure) {
            try await client.start(id, exec: exec)
        } catch {
            raw?.restore()
            throw error
        }
        return raw
    }

    /// Stays until the started process has ended. - Returns: its exit status.
    func finish(_ raw: RawTerminal?) async throws(Failure) -> UInt32 {
        defer { raw?.restore() }
        raw?.follow { width, height in
            Task { try? await client.resize(id, exec: exec, width: width, height: height) }
        }
        let forwarding =
            terminal
            ? nil
            : SignalForwarding { signal in
                Task { try? await client.kill(id, exec: exec, signal: signal) }
            }
        let status = try await exitStatus()
        await streams.finish()
        withExtendedLifetime(forwarding) {}
        return status
    }

    /// A supervisor that dies takes this process's connection with it, but neither the container nor its streams: its
    /// successor is asked.
    private func exitStatus() async throws(Failure) -> UInt32 {
        var lost: ContinuousClock.Instant?
        while true {
            let asked = ContinuousClock.now
            do throws(Failure) {
                return try await client.wait(id, exec: exec)
            } catch  where error.code == .unavailable && !Task.isCancelled {
                let now = ContinuousClock.now
                // A question that was open for so long had found somebody to answer it.
                if now - asked > Self.retryDelay * 10 { lost = nil }
                guard now - (lost ?? now) < Self.patience else {
                    throw Failure(
                        .unavailable, "container \"\(id)\": its supervisor is gone; the container goes on without it",
                        cause: error)
                }
                lost = lost ?? now
                try? await Task.sleep(for: Self.retryDelay)
            }
        }
    }

    /// How long a supervisor may take to be replaced.
    private static let patience: Duration = .seconds(60)
    private static let retryDelay: Duration = .milliseconds(100)
}
