internal import Glibc
internal import Model

/// A program with nothing to read, whose output is thrown away but for what it says of errors.
enum ProgramRun {
    /// - Returns: from just before the program's start to its end.
    static func time(_ arguments: [String]) throws(Failure) -> Duration {
        let start = ContinuousClock.now
        try finish(try spawn(arguments, output: nil), arguments)
        return ContinuousClock.now - start
    }

    /// - Returns: what the program prints.
    static func output(_ arguments: [String]) throws(Failure) -> String {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, let reader = fdopen(ends[0], "r") else {
            throw Failure(.resourceExhausted, "program \"\(arguments[0])\": no pipe for its output")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { fclose(reader) }
        let child: pid_t
        do throws(Failure) {
            child = try spawn(arguments, output: ends[1])
        } catch {
            close(ends[1])
            throw error
        }
        close(ends[1])
        let text = TextFile.text(of: reader)
        try finish(child, arguments)
        return text
    }

    private static func spawn(_ arguments: [String], output: Int32?) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        }
        let pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, arguments[0], &actions, nil, pointers, environ)
        guard error == 0 else { throw Failure(.notFound, "program \"\(arguments[0])\": cannot be started") }
        return pid
    }

    private static func finish(_ child: pid_t, _ arguments: [String]) throws(Failure) {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            throw Failure(.unknown, "\"\(arguments.joined(separator: " "))\": ended with wait status \(status)")
        }
    }
}
