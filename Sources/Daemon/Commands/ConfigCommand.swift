internal import ArgumentParser
internal import Model

/// `berthd config`: what can be set, and what is.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print the configuration.",
        discussion: """
            Examples:
              berthd config default > /etc/berth/config.toml
              berthd config dump
            """,
        subcommands: [Default.self, Dump.self])

    struct Default: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "default", abstract: "Print the default configuration, with comments.",
            discussion: """
                Examples:
                  berthd config default > /etc/berth/config.toml
                """)

        func run() throws {
            print(Configuration().document(comments: true), terminator: "")
        }
    }

    struct Dump: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dump", abstract: "Print the configuration in effect: defaults, file and flags together.",
            discussion: """
                Examples:
                  berthd config dump
                  berthd config dump --config ./config.toml --log-level debug
                """)

        @OptionGroup var options: ConfigurationOptions

        func run() throws {
            do throws(Failure) {
                print(try options.effective().document(comments: false), terminator: "")
            } catch {
                throw fatal(error)
            }
        }
    }
}
