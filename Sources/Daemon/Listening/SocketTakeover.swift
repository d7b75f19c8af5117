internal import Glibc
internal import Kernel
internal import Model

/// Takes a socket's path for this process.
enum SocketTakeover {
    /// Listens at `path`, in place of a socket file that nobody listens on any more.
    ///
    /// The file is 0600 from its first moment and gets its owner before its final mode.
    /// - Throws: `alreadyExists` when a live process listens there, naming it, or when the path is not a socket.
    static func listen(
        at path: String, option: String, mode: mode_t, owner: uid_t = 0, group: gid_t = 0
    ) throws(Failure) -> FileDescriptor {
        try makeParent(of: path)
        let socket = try bind(path, option: option)
        if owner != 0 || group != 0, lchown(path, owner, group) != 0 {
            throw Failure(.unknown, "socket \"\(path)\": chown to \(owner):\(group): \(Errno.current)")
        }
        guard chmod(path, mode) == 0 else {
            throw Failure(.unknown, "socket \"\(path)\": chmod: \(Errno.current)")
        }
        return socket
    }

    private static func bind(_ path: String, option: String) throws(Failure) -> FileDescriptor {
        do {
            return try UnixSocket.listen(path: path)
        } catch {
            guard error.errno == Errno(rawValue: EADDRINUSE) else { throw unusable(path, error) }
        }
        try removeStale(path, option: option)
        do {
            return try UnixSocket.listen(path: path)
        } catch {
            throw unusable(path, error)
        }
    }

    private static func removeStale(_ path: String, option: String) throws(Failure) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw Failure(.alreadyExists, "socket \"\(path)\": a file that is no socket is in its place")
        }
        do {
            let connection = try UnixSocket.connect(path: path)
            let holder = (try? UnixSocket.peer(of: connection)).map { "process \($0.process)" } ?? "another process"
            throw Failure(
                .alreadyExists, "socket \"\(path)\": in use by \(holder): stop it or choose another with \(option)")
        } catch let error as SystemCallError {
            // A full backlog belongs to somebody who lives.
            guard error.errno == Errno(rawValue: ECONNREFUSED) || error.errno == .noSuchFile else {
                throw Failure(
                    .alreadyExists, "socket \"\(path)\": in use: \(error): stop it or choose another with \(option)")
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.unknown, "socket \"\(path)\"", cause: error)
        }
        unlink(path)
    }

    private static func makeParent(of path: String) throws(Failure) {
        var parent = ""
        for part in path.split(separator: "/").dropLast() {
            parent += "/" + part
            if mkdir(parent, 0o755) != 0, errno != EEXIST {
                throw Failure(.failedPrecondition, "socket \"\(path)\": mkdir \"\(parent)\": \(Errno.current)")
            }
        }
    }

    private static func unusable(_ path: String, _ error: SystemCallError) -> Failure {
        Failure(.failedPrecondition, "socket \"\(path)\": cannot listen", cause: error)
    }
}
