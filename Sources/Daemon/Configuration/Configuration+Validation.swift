package import Logging
package import Model

extension Configuration {
    /// The longest path of a Unix socket that the kernel takes, without its final zero. See unix(7).
    private static let longestAddress = 107

    /// Refuses values that could not work.
    /// - Parameter source: how messages name where the values come from.
    package func validate(_ source: String) throws(Failure) {
        try Self.checkAbsolute(root, "root", source)
        try Self.checkAbsolute(state, "state", source)
        guard root != state else {
            throw .invalid("\(source): root and state are both \"\(root)\": expected two directories")
        }
        for (address, key) in [(grpc.address, "grpc.address"), (shimAddress, "ttrpc.address")] {
            try Self.checkAbsolute(address, key, source)
            guard address.utf8.count <= Self.longestAddress else {
                throw .invalid(
                    "\(source): \(key) \"\(address)\": a socket's path has at most \(Self.longestAddress) bytes")
            }
        }
        guard grpc.address != shimAddress else {
            throw .invalid("\(source): grpc.address and ttrpc.address are both \"\(grpc.address)\"")
        }
        _ = try logLevel(source)
    }

    package func logLevel(_ source: String) throws(Failure) -> Logger.Level {
        switch log.level {
        case "trace": .trace
        case "debug": .debug
        case "info": .info
        case "warn", "warning": .warning
        case "error": .error
        // Levels of containerd's that are quieter than any of ours.
        case "fatal", "panic": .critical
        default:
            throw .invalid("\(source): log level \"\(log.level)\": expected trace, debug, info, warn or error")
        }
    }

    private static func checkAbsolute(_ path: String, _ key: String, _ source: String) throws(Failure) {
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw .invalid("\(source): \(key) \"\(path)\": expected an absolute path")
        }
    }
}
