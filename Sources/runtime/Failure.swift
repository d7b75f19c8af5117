internal import Kernel
internal import Libcontainer

/// Why a command failed.
enum Failure: Error {
    /// The command line makes no sense.
    case usage(String)
    case unknownCommand(String)
    /// The command cannot do what it is asked to.
    case refused(String)
    case container(ContainerError)
    case system(String, SystemCallError)

    var message: String {
        switch self {
        case .usage(let message), .refused(let message): message
        case .unknownCommand(let name): "no command \"\(name)\"; berth-runtime --help lists them"
        case .container(let error): error.message
        case .system(let step, let error): "\(step): \(error)"
        }
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

/// What is wrong with a command line, as this program's error.
func usage<Result>(_ body: () throws(UsageError) -> Result) throws(Failure) -> Result {
    do { return try body() } catch { throw Failure.usage(error.message) }
}
