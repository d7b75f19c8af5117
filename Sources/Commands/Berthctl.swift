package import ArgumentParser
internal import Glibc
internal import Model

/// `berthctl`: containers, images and events of a supervisor, for a person.
package struct Berthctl: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "berthctl",
        abstract: "Run and look after containers under berthd.",
        discussion: """
            Examples:
              berthctl import ./rootfs --name demo      # make an image of a directory
              berthctl run --rm demo /bin/echo hello    # run a command in a new container
              berthctl run -d --name web demo httpd -f  # start one in the background
              berthctl logs -f web                      # follow what it prints
              berthctl exec -it web sh                  # a shell inside it
              berthctl stop web && berthctl rm web      # end and remove it
            """,
        version: "berthctl 0.1.0",
        subcommands: [
            Run.self, ListContainers.self, Exec.self, Logs.self, Stop.self, Kill.self, Remove.self, ListImages.self,
            RemoveImage.self, Pull.self, Import.self, Inspect.self, Events.self, Version.self,
        ])

    package init() {}

    /// Parses the process's arguments, runs the verb, and ends the process with its status: 0, a container's own
    /// exit code, 125 when Berth failed, or 64 for arguments that cannot be.
    package static func start() async -> Never {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot(withVerbFirst(Array(CommandLine.arguments.dropFirst())))
            if var verb = command as? any AsyncParsableCommand {
                try await verb.run()
            } else {
                try command.run()
            }
            Glibc.exit(0)
        } catch let failure as Failure {
            Diagnostics.write("berthctl: \(failure)")
            Glibc.exit(125)
        } catch let status as ExitCode {
            Glibc.exit(status.rawValue)
        } catch {
            exit(withError: error)
        }
    }

    /// Puts the verb before the options of every verb, which may stand on either side of it, as they do with ctr.
    static func withVerbFirst(_ arguments: [String]) -> [String] {
        var leading: [String] = []
        var rest = arguments[...]
        while let option = rest.first, option.hasPrefix("-") {
            let name = option.prefix { $0 != "=" }
            guard ["-A", "--address", "-n", "--namespace"].contains(name) else { return arguments }
            leading += rest.prefix(name == option ? 2 : 1)
            rest = rest.dropFirst(name == option ? 2 : 1)
        }
        guard let verb = rest.popFirst() else { return arguments }
        return [verb] + leading + rest
    }
}
