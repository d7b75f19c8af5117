internal import Glibc
internal import Kernel

/// A program about to be started beside the supervisor. See posix_spawn(3).
///
/// Nothing of this process runs in the child before it executes the program: the C library's spawn borrows the
/// memory for that moment, which costs the same for a small and for a large supervisor.
struct ProgramSpawn {
    var path: String
    var arguments: [String]
    /// `NAME=value`.
    var environment: [String]
    var directory: String
    /// What the program finds at 0, 1, 2 and on. Every other descriptor is close-on-exec.
    var descriptors: [Int32]

    /// Starts the program as the leader of a session of its own, so that it outlives the supervisor and its terminal,
    /// with no signal blocked or ignored.
    /// - Returns: the child's pid; the caller reaps it.
    func start() throws(SystemCallError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addchdir_np(&actions, directory)
        // The sources are 3 or above: the supervisor's own 0, 1 and 2 are open. A source that is itself a target must
        // not be overwritten before its turn, so all are first duplicated above every target.
        var sources: [Int32] = []
        defer { for source in sources { close(source) } }
        for descriptor in descriptors {
            if descriptor >= Int32(descriptors.count) {
                posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(sources.count))
                sources.append(-1)
            } else {
                let source = try duplicateAbove(descriptor)
                posix_spawn_file_actions_adddup2(&actions, source, Int32(sources.count))
                sources.append(source)
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSID))

        var process: pid_t = 0
        let failure = Self.withVector([path] + arguments) { arguments in
            Self.withVector(environment) { environment in
                posix_spawn(&process, path, &actions, &attributes, arguments, environment)
            }
        }
        if failure != 0 { throw SystemCallError("posix_spawn", on: path, errno: Errno(rawValue: failure)) }
        return process
    }

    private func duplicateAbove(_ descriptor: Int32) throws(SystemCallError) -> Int32 {
        try checked("fcntl F_DUPFD_CLOEXEC") { fcntl(descriptor, F_DUPFD_CLOEXEC, Int32(descriptors.count)) }
    }

    /// Lends a null-terminated vector of C strings.
    private static func withVector<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress.unsafelyUnwrapped) }
    }
}
