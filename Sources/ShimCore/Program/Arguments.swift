/// The shim's command line, as containerd writes it: `-namespace NS -id ID ... [start|delete]`.
package struct Arguments: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// Serve on the socket that was inherited.
        case serve(listener: Int32)
        /// Make spare shims for the daemon at the other end of a socket that was inherited.
        case spawnSpares(channel: Int32)
        /// Start a serving shim and print its address.
        case start
        /// Remove what a shim that is gone has left.
        case delete
        case version
        case help
        /// Print what the runtime is capable of.
        case info
    }

    package var action: Action
    package var namespace = ""
    package var id = ""
    /// The daemon's gRPC socket.
    package var address = ""
    /// The daemon's program, for those that take events through it.
    package var publishBinary = ""
    /// The bundle's directory; the working directory when empty.
    package var bundle = ""
    package var isDebug = false

    package struct Invalid: Error, Hashable, Sendable {
        package let message: String
    }

    /// - Parameter arguments: without the program's own name.
    package init(_ arguments: [String]) throws(Invalid) {
        action = .start
        var inherited: Action?
        var verb: String?
        var special: Action?
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-"), argument.count > 1 else {
                guard verb == nil else { throw Invalid(message: "unexpected argument \"\(argument)\"") }
                verb = argument
                continue
            }
            var name = argument.drop { $0 == "-" }
            var value: String?
            if let equals = name.firstIndex(of: "=") {
                value = String(name[name.index(after: equals)...])
                name = name[..<equals]
            }
            switch name {
            case "v", "version": special = .version
            case "h", "help": special = .help
            case "info": special = .info
            case "debug": isDebug = value != "false"
            default:
                guard Self.valued.contains(String(name)) else { throw Invalid(message: "unknown flag \"-\(name)\"") }
                guard let text = value ?? rest.popFirst() else {
                    throw Invalid(message: "flag \"-\(name)\": expected a value")
                }
                try set(String(name), text, &inherited)
            }
        }
        if let special {
            action = special
            return
        }
        switch verb {
        case nil:
            guard let inherited else {
                throw Invalid(message: "expected \"start\", \"delete\" or the flag \"-listen-fd\"")
            }
            action = inherited
            if case .spawnSpares = inherited { return }
        case "start": action = .start
        case "delete": action = .delete
        case .some(let verb): throw Invalid(message: "unknown action \"\(verb)\": expected \"start\" or \"delete\"")
        }
        if namespace.isEmpty { throw Invalid(message: "flag \"-namespace\": expected a namespace") }
        if id.isEmpty { throw Invalid(message: "flag \"-id\": expected a container's id") }
    }

    /// What `-help` prints. The flags that only a daemon of this program's own version gives are left out.
    package static let help = """
        usage: containerd-shim-berth-v1 -namespace NAMESPACE -id CONTAINER [FLAGS] start|delete

        Owns a container for its supervisor, which starts it by itself; see containerd-shim-berth-v1(8).

          -namespace NAMESPACE    the container's namespace
          -id CONTAINER           the container's name
          -address SOCKET         the supervisor's gRPC socket
          -publish-binary FILE    the supervisor's program, for events without TTRPC_ADDRESS
          -bundle DIR             the container's bundle (the working directory)
          -debug                  log what is done, too
          -info                   print what the runtime can do, as a message of containerd's
          -version, -v            print the version
          -help, -h               print this

        Example:
          containerd-shim-berth-v1 -version

        """

    /// The flags that a value follows.
    private static let valued: Set = [
        "namespace", "id", "address", "publish-binary", "bundle", "socket", "room", "listen-fd", "zygote-fd",
    ]

    private mutating func set(_ name: String, _ value: String, _ inherited: inout Action?) throws(Invalid) {
        switch name {
        case "namespace": namespace = value
        case "id": id = value
        case "address": address = value
        case "publish-binary": publishBinary = value
        case "bundle": bundle = value
        // What containerd once passed to shims that chose their socket themselves.
        case "socket": break
        // Nothing but room for the command lines of the zygote's copies.
        case "room": break
        case "listen-fd": inherited = .serve(listener: try Self.descriptor(name, value))
        case "zygote-fd": inherited = .spawnSpares(channel: try Self.descriptor(name, value))
        default: throw Invalid(message: "unknown flag \"-\(name)\"")
        }
    }

    private static func descriptor(_ name: String, _ value: String) throws(Invalid) -> Int32 {
        guard let number = Int32(value), number > 2 else {
            throw Invalid(message: "flag \"-\(name)\": expected a descriptor's number, found \"\(value)\"")
        }
        return number
    }
}
