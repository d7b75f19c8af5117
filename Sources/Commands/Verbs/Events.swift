internal import ArgumentParser
internal import Client
internal import FoundationEssentials
internal import Model

/// `berthctl events`
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print what happens, as it happens.",
        discussion: """
            Examples:
              berthctl events
              berthctl events --json 'topic=="/tasks/exit"'
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Filters, as containerd has them; events that match any of them are printed.")
    var filters: [String] = []

    func run() async throws {
        let isJSON = output.json
        try await global.connected { client in
            try await client.subscribe(filters: filters) { event in
                let text = EventText.json(event.event)
                let stamp = event.timestamp.rfc3339
                StandardOutput.write(
                    isJSON
                        ? #"{"timestamp":"\#(stamp)","namespace":"\#(event.namespace)","topic":"\#(event.topic)","event":\#(text)}"#
                            + "\n"
                        : "\(stamp) \(event.namespace) \(event.topic) \(text)\n")
            }
        }
    }
}

/// `berthctl version`
struct Version: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show the versions of both ends.",
        discussion: """
            Examples:
              berthctl version
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let server = try await global.connected { client in try await client.version() }
        StandardOutput.write(
            "client  \(Berthctl.configuration.version)\nserver  berthd \(server.version)\n")
    }
}
