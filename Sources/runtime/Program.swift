internal import Kernel
internal import Libcontainer

/// A subcommand: its options, and what it does. The answer is the process's exit code.
struct Command: Sendable {
    let name: String
    let summary: String
    let options: [Option]
    /// Whether a copy of this process enters a container.
    var entersContainer = false
    let run: @Sendable (Options, GlobalOptions) throws(Failure) -> Int32
}

/// Why a command failed.
enum Failure: Error {
    case usage(String)
    case container(ContainerError)
    case system(String, SystemCallError)

    var message: String {
        switch self {
        case .usage(let message): message
        case .container(let error): error.message
        case .system(let step, let error): "\(step): \(error)"
        }
    }
}

/// What every subcommand is told.
struct GlobalOptions {
    static let table: [Option] = [
        .value("root"), .value("log"), .value("log-format"), .flag("debug"), .flag("systemd-cgroup"),
        .value("rootless"),
        .value("criu"), .flag("help", "h"), .flag("version", "v"),
    ]

    let stateRoot: String
    let systemdCgroup: Bool

    init(_ options: Options) {
        stateRoot = options["root"] ?? "/run/berth/runtime"
        systemdCgroup = options.has("systemd-cgroup")
    }
}

enum Program {
    static let version = "0.1.0"

    static let commands: [Command] = [
        createCommand, startCommand, runCommand, execCommand, killCommand, deleteCommand, stateCommand, listCommand,
        psCommand, pauseCommand, resumeCommand, updateCommand, specCommand, featuresCommand,
    ]

    static func run(_ arguments: [String]) -> Int32 {
        var log = Log(path: nil, format: nil)
        do {
            let options: Options
            do { options = try Options(arguments.dropFirst(), GlobalOptions.table) } catch {
                throw Failure.usage(error.message)
            }
            log = Log(path: options["log"], format: options["log-format"])
            if options.has("version") {
                Output.print("berth-runtime version \(version)\nspec: 1.2.1\n")
                return 0
            }
            guard let name = options.words.first, !options.has("help"), name != "help" else {
                Output.print(usage)
                return options.words.isEmpty && !options.has("help") ? 1 : 0
            }
            guard let command = commands.first(where: { $0.name == name }) else {
                throw Failure.usage("unknown command \"\(name)\"; berth-runtime --help lists them")
            }
            let words: Options
            do {
                words = try Options(options.words.dropFirst(), command.options)
            } catch { throw Failure.usage("\(name): \(error.message)") }
            if command.entersContainer {
                try system("seal the runtime's own program") { () throws(SystemCallError) in
                    try SealedExecutable.reexecute(arguments: arguments)
                }
            }
            return try command.run(words, GlobalOptions(options))
        } catch {
            log.error((error as? Failure)?.message ?? "\(error)")
            return 1
        }
    }

    private static var usage: String {
        var text = """
            usage: berth-runtime [--root DIR] [--log FILE] [--log-format text|json] COMMAND [OPTIONS] CONTAINER

            Runs containers by the OCI runtime specification, with runc's command line.


            """
        for command in commands {
            let padding = String(repeating: " ", count: max(1, 10 - command.name.count))
            text += "  \(command.name)\(padding)\(command.summary)\n"
        }
        return text
    }
}

/// Calls of the rooms below, with their errors as this program's.
func container<Result: ~Copyable>(_ body: () throws(ContainerError) -> Result) throws(Failure) -> Result {
    do { return try body() } catch { throw Failure.container(error) }
}

func system<Result: ~Copyable>(
    _ step: String, _ body: () throws(SystemCallError) -> Result
) throws(Failure) -> Result {
    do { return try body() } catch { throw Failure.system(step, error) }
}

extension Options {
    func id() throws(Failure) -> String {
        do { return try containerID() } catch { throw Failure.usage(error.message) }
    }
}
