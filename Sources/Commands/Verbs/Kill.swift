internal import ArgumentParser
internal import Client
internal import Model

/// `berthctl kill`
struct Kill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Send a signal to containers.",
        discussion: """
            Examples:
              berthctl kill web
              berthctl kill --signal HUP web
            """)

    @OptionGroup var global: GlobalOptions
    @Option(name: [.short, .long], help: "The signal's name or number.")
    var signal: String = "KILL"
    @Flag(name: [.short, .long], help: "To every process of the container.")
    var all = false
    @Argument(help: "The containers' names.")
    var containers: [String]

    func run() async throws {
        let number = try SignalName.number(signal)
        try await global.connected { client in
            for container in containers { try await client.kill(container, signal: number, all: all) }
        }
    }
}
