internal import Kernel

/// Where a shim that starts itself listens, as containerd's own shims do: below /run/containerd/s, by a digest of the
/// daemon's address, the namespace and the container's id, so that the path is short and nobody else's.
struct SocketAddress {
    let path: String

    var url: String { "unix://\(path)" }

    private static let directory = "/run/containerd/s"

    /// - Parameter directory: where the daemon wants its shims' sockets; nil for the usual place.
    init(daemon: String, namespace: String, id: String, directory: String? = nil) {
        path = (directory ?? Self.directory) + "/" + SHA256.hexadecimal(of: "\(daemon)/\(namespace)/\(id)")
    }

    /// What ``url`` was.
    init?(url: String) {
        guard url.hasPrefix("unix:///") else { return nil }
        path = String(url.dropFirst(7))
    }

    /// Listens, in place of a socket file that nobody serves any more.
    /// - Returns: nil when a shim serves there already.
    func listen() throws(SystemCallError) -> FileDescriptor? {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if directory == Self.directory { try Self.ensureDirectory("/run/containerd", mode: 0o711) }
        try Self.ensureDirectory(directory, mode: 0o700)
        do {
            return try UnixSocket.listen(path: path)
        } catch {
            guard error.errno == .addressInUse else { throw error }
        }
        if (try? UnixSocket.connect(path: path)) != nil { return nil }
        try removeFile(path)
        return try UnixSocket.listen(path: path)
    }

    /// Removes the socket's file unless a shim serves there: that of another container in the group.
    func removeUnserved() {
        do {
            _ = try UnixSocket.connect(path: path)
        } catch {
            // A backlog that is full is a shim that lives.
            if error.errno != .tryAgain { try? removeFile(path) }
        }
    }

    private static func ensureDirectory(_ path: String, mode: UInt32) throws(SystemCallError) {
        do {
            try Directory.make(path, mode: mode)
        } catch {
            if error.errno != .exists { throw error }
        }
    }

    /// The path of a daemon's ttrpc socket, from the variable that names it or beside its gRPC socket.
    static func events(variable: String?, daemon: String) -> String {
        let address = variable.flatMap { $0.isEmpty ? nil : $0 } ?? "\(daemon).ttrpc"
        return address.hasPrefix("unix://") ? String(address.dropFirst(7)) : address
    }
}
