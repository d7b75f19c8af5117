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

    /// Starts the created process and stays until it has ended. - Returns: its exit status.
    func run() async throws(Failure) -> UInt32 {
        let raw = terminal ? RawTerminal() : nil
        defer { raw?.restore() }
        // Waiting begins before the start, so that no exit, however fast, is missed.
        async let exit = client.wait(id, exec: exec)
        do throws(Failure) {
            try await client.start(id, exec: exec)
        } catch {
            throw error
        }
        raw?.follow { width, height in
            Task { try? await client.resize(id, exec: exec, width: width, height: height) }
        }
        let forwarding =
            terminal
            ? nil
            : SignalForwarding { signal in
                Task { try? await client.kill(id, exec: exec, signal: signal) }
            }
        let status: UInt32
        do {
            status = try await exit
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.unknown, "\(error)")
        }
        await streams.finish()
        withExtendedLifetime(forwarding) {}
        return status
    }
}
