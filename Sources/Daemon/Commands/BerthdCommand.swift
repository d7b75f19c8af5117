package import ArgumentParser
internal import Logging
internal import Model

/// `berthd`: the supervisor itself, and `berthd config` beside it.
package struct BerthdCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "berthd",
        abstract: "Supervise containers and serve containerd's API.",
        discussion: """
            EXAMPLES
              Serve on the standard socket, /run/berth/berth.sock:
                berthd
              Stand in for containerd:
                berthd --address /run/containerd/containerd.sock
              A second supervisor beside the first:
                berthd --root /tmp/b/root --state /tmp/b/state --address /tmp/b/berth.sock
              Write a configuration file to begin with:
                berthd config default > /etc/berth/config.toml

            Containers go on running when berthd ends, and are found again when it starts.
            SIGTERM and SIGINT end it; SIGUSR1 writes its state to the log.
            """,
        version: "berthd \(Build.version)",
        subcommands: [ConfigCommand.self])

    @OptionGroup var options: ConfigurationOptions

    package init() {}

    package func run() async throws {
        do throws(Failure) {
            let configuration = try options.effective()
            let history = LogHistory()
            let level = try configuration.logLevel("command line")
            let logger = Logger(label: "berthd") { _ in LogfmtHandler(level: level, history: history) }
            try await Supervisor.run(configuration, logger: logger, history: history)
        } catch {
            throw fatal(error)
        }
    }
}

/// The flags that containerd has as well: each overrides the configuration file.
package struct ConfigurationOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Configuration file (default: \(Configuration.defaultPath)).")
    var config: String?

    @Option(name: .shortAndLong, help: "Socket that clients connect to.")
    var address: String?

    @Option(help: "Directory of content, snapshots and the database.")
    var root: String?

    @Option(help: "Directory of sockets and running containers' bundles.")
    var state: String?

    @Option(name: .shortAndLong, help: "trace, debug, info, warn or error.")
    var logLevel: String?

    package init() {}

    /// The file's values, or the defaults, with what the command line says over them.
    func effective() throws(Failure) -> Configuration {
        var configuration = try Configuration.load(
            from: config ?? Configuration.defaultPath, required: config != nil)
        if let address { configuration.grpc.address = address }
        if let root { configuration.root = root }
        if let state { configuration.state = state }
        if let logLevel { configuration.log.level = logLevel }
        try configuration.validate("command line")
        return configuration
    }
}
