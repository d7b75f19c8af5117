internal import CLinux

/// A child that has ended. See waitpid(2).
package struct ChildExit: Hashable, Sendable {
    package let process: Int32
    /// The exit status, or 128 and the number of the signal that ended it.
    package let status: UInt32

    package init(process: Int32, status: UInt32) {
        self.process = process
        self.status = status
    }

    init(process: Int32, waitStatus: Int32) {
        self.process = process
        let signal = waitStatus & 0x7F
        status = signal == 0 ? UInt32(waitStatus >> 8 & 0xFF) : 128 + UInt32(signal)
    }

    /// Reaps any one child that has ended, or answers nil when none has.
    package static func reapAny() throws(SystemCallError) -> ChildExit? {
        try reap(-1, flags: WNOHANG)
    }

    /// Waits for one child to end and reaps it.
    /// - Throws: `noChild` when it is not (or no longer) a child of the caller.
    package static func wait(for process: Int32) throws(SystemCallError) -> ChildExit {
        guard let exit = try reap(process, flags: 0) else {
            throw SystemCallError("waitpid", on: "\(process)", errno: .noChild)
        }
        return exit
    }

    private static func reap(_ process: Int32, flags: Int32) throws(SystemCallError) -> ChildExit? {
        var status: Int32 = 0
        do {
            let ended = try retrying("waitpid", on: "\(process)") { waitpid(process, &status, flags) }
            return ended == 0 ? nil : ChildExit(process: ended, waitStatus: status)
        } catch {
            if error.errno == .noChild, process == -1 { return nil }
            throw error
        }
    }
}

/// Starting a program of the host, as a log driver or the shim's own daemon. See posix_spawn(3).
package enum HostProgram {
    /// The file that a shell would execute for `name`; nil where there is none on the PATH.
    package static func find(_ name: String) -> String? {
        if name.hasPrefix("/") { return name }
        let path = environment().last { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        for directory in path.split(separator: ":") {
            let candidate = "\(directory)/\(name)"
            if (try? isExecutable(candidate)) != nil { return candidate }
        }
        return nil
    }

    /// Starts `path` with exactly the given arguments, environment and descriptors.
    /// - Parameters:
    ///   - descriptors: what the program finds at 0, 1, 2 and on; each is duplicated, the rest stays closed.
    ///   - session: whether it leads a session of its own.
    ///   - directory: where the program begins; the caller's working directory when nil.
    /// - Returns: the child's process number. The program starts with no signal blocked or ignored.
    package static func spawn(
        _ path: String, arguments: [String], environment: [String], descriptors: [Int32], session: Bool,
        directory: String? = nil
    ) throws(SystemCallError) -> Int32 {
        // A source number below the count would be overwritten before it is copied: move all of them up first.
        var sources: [Int32] = []
        defer { for source in sources { close(source) } }
        for descriptor in descriptors {
            sources.append(try checked("fcntl F_DUPFD_CLOEXEC") { berth_duplicate_above(descriptor, 64) })
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let directory { posix_spawn_file_actions_addchdir_np(&actions, directory) }
        for (target, source) in sources.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
        }
        // Whoever started this process may have left it descriptors that are not close-on-exec.
        posix_spawn_file_actions_addclosefrom_np(&actions, Int32(sources.count))
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        if session { flags |= Int32(POSIX_SPAWN_SETSID) }
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var process: pid_t = 0
        let failure = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                posix_spawn(&process, path, &actions, &attributes, arguments, environment)
            }
        }
        if failure != 0 { throw SystemCallError("posix_spawn", on: path, errno: Errno(rawValue: failure)) }
        return process
    }
}

/// Lends a null-terminated vector of C strings.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress.unsafelyUnwrapped) }
}
