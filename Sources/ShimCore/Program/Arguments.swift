/// The shim's command line, as containerd writes it: `-namespace NS -id ID ... [start|delete]`.
package struct Arguments: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// Serve on the socket that was inherited.
        case serve(listener: Int32)
        /// Start a serving shim and print its address.
        case start
        /// Remove what a shim that is gone has left.
        case delete
        case version
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
        var listener: Int32?
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
            case "info": special = .info
            case "debug": isDebug = value != "false"
            default:
                guard let text = value ?? rest.popFirst() else {
                    throw Invalid(message: "flag \"-\(name)\": expected a value")
                }
                try set(String(name), text, &listener)
            }
        }
        if let special {
            action = special
            return
        }
        switch verb {
        case nil:
            guard let listener else {
                throw Invalid(message: "expected \"start\", \"delete\" or the flag \"-listen-fd\"")
            }
            action = .serve(listener: listener)
        case "start": action = .start
        case "delete": action = .delete
        case .some(let verb): throw Invalid(message: "unknown action \"\(verb)\": expected \"start\" or \"delete\"")
        }
        if namespace.isEmpty { throw Invalid(message: "flag \"-namespace\": expected a namespace") }
        if id.isEmpty { throw Invalid(message: "flag \"-id\": expected a container's id") }
    }

    private mutating func set(_ name: String, _ value: String, _ listener: inout Int32?) throws(Invalid) {
        switch name {
        case "namespace": namespace = value
        case "id": id = value
        case "address": address = value
        case "publish-binary": publishBinary = value
        case "bundle": bundle = value
        // What containerd once passed to shims that chose their socket themselves.
        case "socket": break
        case "listen-fd":
            guard let number = Int32(value), number > 2 else {
                throw Invalid(message: "flag \"-listen-fd\": expected a descriptor's number, found \"\(value)\"")
            }
            listener = number
        default: throw Invalid(message: "unknown flag \"-\(name)\"")
        }
    }
}
