internal import ArgumentParser
internal import Client
internal import Glibc
internal import Model

/// `berthctl stop`
struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "End containers: politely first, by SIGKILL after a while.",
        discussion: """
            Examples:
              berthctl stop web
              berthctl stop --time 1 web   # with little patience
            """)

    @OptionGroup var global: GlobalOptions
    @Option(name: [.short, .long], help: "Seconds to wait before SIGKILL.")
    var time: UInt32 = 10
    @Argument(help: "The containers' names.")
    var containers: [String]

    func run() async throws {
        try await global.connected { client in
            for container in containers {
                try await stop(container, client)
                StandardOutput.write("\(container)\n")
            }
        }
    }

    private func stop(_ container: String, _ client: Client) async throws {
        let record = try await client.container(container)
        guard let task = try await client.findTask(container), task.status != .stopped else { return }
        // The image's, which may be anything.
        let stated = record.labels[ContainerLaunch.stopSignalLabel].flatMap { try? SignalName.number($0) }
        let signal = stated ?? UInt32(SIGTERM)
        try await client.kill(container, signal: signal)
        let exited = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = try await client.wait(container)
                return true
            }
            group.addTask {
                try await Task.sleep(for: .seconds(Int64(time)))
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        if !exited {
            // It may have gone meanwhile; waiting tells.
            try? await client.kill(container, signal: UInt32(SIGKILL), all: true)
            _ = try await client.wait(container)
        }
    }
}
