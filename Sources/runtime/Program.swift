internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

enum Program {
    static let version = "0.1.0"
    static var specification: String { Features.specification }

    static let commands: [Command] = [
        createCommand, startCommand, runCommand, execCommand, killCommand, deleteCommand, stateCommand, listCommand,
        psCommand, pauseCommand, resumeCommand, updateCommand, eventsCommand,
        checkpointCommand, restoreCommand, specCommand, featuresCommand,
    ]

    /// Answers the exit code, as runc has it: 3 for a command that there is none of, otherwise 1 or the command's own.
    static func run(_ arguments: [String]) -> Int32 {
        var log = Log()
        var command: Command?
        do throws(Failure) {
            let options = try usage { () throws(UsageError) in
                try Options(arguments.dropFirst(), GlobalOptions.table, areMixed: false)
            }
            log = try Log(options)
            let global = try GlobalOptions(options, log: log)
            if options.has("version") {
                Output.print("berth-runtime version \(version)\nspec: \(specification)\n")
                return 0
            }
            let asksHelp = options.has("help") || ["help", "h"].contains(options.words.first)
            let name = options.has("help") || !asksHelp ? options.words.first : options.words.dropFirst().first
            guard let name else {
                Output.print(help)
                return 0
            }
            command = commands.first { $0.name == name }
            guard let command else { throw Failure.unknownCommand(name) }
            if asksHelp {
                Output.print(command.help)
                return 0
            }
            return try run(command, options.words.dropFirst(), arguments, global)
        } catch {
            if case .usage(let message) = error {
                Output.print("Incorrect usage: \(message)\n\n\(command?.help ?? help)\n")
            }
            log.error(error.message)
            switch error {
            case .unknownCommand: return 3
            case .usage: return 1
            default: return command?.failureCode ?? 1
            }
        }
    }

    private static func run(
        _ command: Command, _ words: ArraySlice<String>, _ arguments: [String], _ global: GlobalOptions
    ) throws(Failure) -> Int32 {
        let options = try usage { () throws(UsageError) in
            try Options(words, command.options + [.flag("help", "h", "")], areMixed: command.areMixed)
        }
        if options.has("help") {
            Output.print(command.help)
            return 0
        }
        try command.check(options)
        if command.entersContainer {
            try system("seal the runtime's own program") { () throws(SystemCallError) in
                try SealedExecutable.reexecute(arguments: arguments)
            }
        }
        global.log.debug("\(command.name): \(options.words.joined(separator: " ")) below \"\(global.stateRoot)\"")
        return try command.run(options, global)
    }

    private static var help: String {
        let width = commands.map(\.name.count).max() ?? 0
        let list = commands.map { command in
            "  \(command.name)\(String(repeating: " ", count: width - command.name.count + 3))\(command.summary)\n"
        }
        return """
            usage: berth-runtime [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]

            Runs containers by the OCI runtime specification \(specification), with runc's command line.

            Commands:
            \(list.joined())
            Global options:
            \(GlobalOptions.table.help)
            """
    }
}
