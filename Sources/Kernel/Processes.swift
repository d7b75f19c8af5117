internal import CLinux

/// How a process ended. See waitid(2).
package enum ExitStatus: Hashable, Sendable {
    case exited(code: Int32)
    case killed(signal: Int32)

    /// What a shell reports: the exit code, or 128 plus the signal's number.
    package var code: Int32 {
        switch self {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        }
    }
}

/// What clone3(2) answered.
package enum CloneResult: ~Copyable {
    case child
    case parent(pid: Int32, pidfd: FileDescriptor)
}

/// A copy of the calling process, born into new namespaces of the given kinds and, where `cgroup` is the directory of a
/// version 2 cgroup, into that cgroup. Handlers of signals are reset to their defaults in the child. See clone3(2).
///
/// The caller must have one thread only: the child has the caller's memory, and with it the locks of other threads.
/// A sibling is the child of the caller's parent. See clone(2), `CLONE_PARENT`.
package func cloneProcess(
    _ namespaces: NamespaceSet, cgroup: Int32? = nil, asSibling: Bool = false
) throws(SystemCallError) -> CloneResult {
    var pidfd: Int32 = -1
    let pid = try checked("clone3") { berth_clone3(namespaces.rawValue, &pidfd, cgroup ?? -1, asSibling ? 1 : 0) }
    if pid == 0 { return .child }
    return .parent(pid: pid, pidfd: FileDescriptor(owning: pidfd))
}

/// pidfd_open(2). `ESRCH` when the process is gone.
package func openProcess(_ pid: Int32) throws(SystemCallError) -> FileDescriptor {
    FileDescriptor(owning: try checked("pidfd_open", on: "\(pid)") { pidfd_open(pid, 0) })
}

/// pidfd_send_signal(2). Signal 0 only asks whether the process is there.
package func sendSignal(_ signal: Int32, to pidfd: Int32) throws(SystemCallError) {
    try checked("pidfd_send_signal") { pidfd_send_signal(pidfd, signal, nil, 0) }
}

/// kill(2), for the processes that are known by number only.
package func sendSignal(_ signal: Int32, toProcess pid: Int32) throws(SystemCallError) {
    try checked("kill", on: "\(pid)") { kill(pid, signal) }
}

/// Waits for a child to end and reaps it. See waitid(2), `P_PIDFD`.
package func reapProcess(_ pidfd: Int32) throws(SystemCallError) -> ExitStatus {
    var code: Int32 = 0
    var status: Int32 = 0
    try retrying("waitid") { berth_wait_pidfd(pidfd, 0, &code, &status) }
    return code == CLD_EXITED ? .exited(code: status) : .killed(signal: status)
}

/// Reaps a child if it has ended; nil while it runs.
package func reapProcessIfEnded(_ pidfd: Int32) throws(SystemCallError) -> ExitStatus? {
    var code: Int32 = 0
    var status: Int32 = 0
    guard try retrying("waitid", { berth_wait_pidfd(pidfd, WNOHANG, &code, &status) }) == 1 else { return nil }
    return code == CLD_EXITED ? .exited(code: status) : .killed(signal: status)
}

/// Whether the process has ended, reaped or not: a pidfd becomes readable then. Needs no parenthood.
package func hasEnded(_ pidfd: Int32) throws(SystemCallError) -> Bool {
    try waitUntilReadable(pidfd, milliseconds: 0)
}

/// poll(2) for input or hang-up on one descriptor; false when the time is over first. Negative waits for ever.
package func waitUntilReadable(_ descriptor: Int32, milliseconds: Int32) throws(SystemCallError) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return try retrying("poll") { poll(&request, 1, milliseconds) } == 1
}

/// _exit(2).
package func exitProcess(_ code: Int32) -> Never {
    _exit(code)
}

/// setsid(2).
package func startSession() throws(SystemCallError) {
    try checked("setsid") { setsid() }
}

/// Every signal to its default action, none blocked.
package func resetSignals() throws(SystemCallError) {
    try checked("sigaction") { berth_reset_signals() }
}

/// close_range(2) with `CLOSE_RANGE_CLOEXEC`: everything from `first` on closes at the next execve(2).
package func closeOnExecute(from first: Int32) throws(SystemCallError) {
    try checked("close_range") { close_range(UInt32(first), UInt32.max, Int32(CLOSE_RANGE_CLOEXEC)) }
}

/// close_range(2): closes everything from `first` on, at once.
package func closeAll(from first: Int32) throws(SystemCallError) {
    try checked("close_range") { close_range(UInt32(first), UInt32.max, 0) }
}

/// dup2(2): makes `number` refer to what `descriptor` does, staying open across execve(2).
package func duplicate(_ descriptor: Int32, onto number: Int32) throws(SystemCallError) {
    try retrying("dup2") { dup2(descriptor, number) }
}

/// fcntl(2) `F_DUPFD_CLOEXEC`: a copy with a number of at least `first`.
package func duplicate(_ descriptor: Int32, above first: Int32) throws(SystemCallError) -> Int32 {
    try retrying("fcntl F_DUPFD_CLOEXEC") { berth_duplicate_above(descriptor, first) }
}

/// fcntl(2) `F_SETFD`.
package func setCloseOnExecute(_ descriptor: Int32, _ close: Bool) throws(SystemCallError) {
    try retrying("fcntl F_SETFD") { berth_set_close_on_exec(descriptor, close ? 1 : 0) }
}

/// prctl(2) `PR_SET_DUMPABLE` 0: other processes of the same user can neither trace this one nor open its /proc files
/// until it executes a program.
package func forbidInspection() throws(SystemCallError) {
    try checked("prctl PR_SET_DUMPABLE") { berth_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) }
}

/// prctl(2) `PR_SET_NO_NEW_PRIVS`.
package func forbidNewPrivileges() throws(SystemCallError) {
    try checked("prctl PR_SET_NO_NEW_PRIVS") { berth_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }
}

/// prctl(2) `PR_SET_CHILD_SUBREAPER`: orphaned descendants become this process's children.
package func becomeSubreaper() throws(SystemCallError) {
    try checked("prctl PR_SET_CHILD_SUBREAPER") { berth_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }
}

/// prctl(2) `PR_SET_PDEATHSIG`: this process gets `signal` when its parent ends.
package func setParentDeathSignal(_ signal: Int32) throws(SystemCallError) {
    try checked("prctl PR_SET_PDEATHSIG") { berth_prctl(PR_SET_PDEATHSIG, UInt(signal), 0, 0, 0) }
}

/// keyctl(2): a session keyring of the process's own, so that it does not possess its creator's keys.
package func joinSessionKeyring(_ name: String) throws(SystemCallError) {
    try checked("keyctl", on: name) { berth_join_session_keyring(name) }
}

/// setgroups(2), setresgid(2) and setresuid(2) in the only order that works.
package func becomeUser(uid: UInt32, gid: UInt32, supplementaryGroups: [UInt32]?) throws(SystemCallError) {
    if let groups = supplementaryGroups {
        try checked("setgroups") { groups.withUnsafeBufferPointer { berth_setgroups($0.count, $0.baseAddress) } }
    }
    try checked("setresgid", on: "\(gid)") { berth_setresgid(gid) }
    try checked("setresuid", on: "\(uid)") { berth_setresuid(uid) }
}

/// pidfd_getfd(2): a copy of a descriptor that another process has. Needs the right to trace that process.
package func takeDescriptor(_ number: Int32, of pidfd: Int32) throws(SystemCallError) -> FileDescriptor {
    FileDescriptor(owning: try checked("pidfd_getfd") { pidfd_getfd(pidfd, number, 0) })
}
