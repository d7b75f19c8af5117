internal import ArgumentParser
internal import Model

/// `berthctl rm`
struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove containers.",
        discussion: """
            Examples:
              berthctl rm web
              berthctl rm -f web other   # although they run
            """)

    @OptionGroup var global: GlobalOptions
    @Flag(name: [.short, .long], help: "End them first when they run.")
    var force = false
    @Argument(help: "The containers' names.")
    var containers: [String]

    func run() async throws {
        try await global.connected { client in
            for container in containers {
                try await ContainerRemoval(client: client).remove(container, force: force)
                StandardOutput.write("\(container)\n")
            }
        }
    }
}
