internal import Glibc
internal import Model

/// A program with nothing to read, whose output is thrown away but for what it says of errors.
enum ProgramRun {
    /// - Returns: from just before the program's start to its end.
    static func time(_ arguments: [String]) throws(Failure) -> Duration {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        let pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }

        let start = ContinuousClock.now
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, arguments[0], &actions, nil, pointers, environ)
        guard error == 0 else { throw Failure(.notFound, "program \"\(arguments[0])\": cannot be started") }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let time = ContinuousClock.now - start
        guard status == 0 else {
            throw Failure(.unknown, "\"\(arguments.joined(separator: " "))\": ended with wait status \(status)")
        }
        return time
    }
}
