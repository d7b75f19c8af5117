internal import Kernel
internal import RuntimeSpec

/// The last steps of a container's process, the same for init and for later ones: from inside the container's
/// namespaces and root to its program. Runs in that process.
struct ProcessSetup {
    let plan: ProcessPlan
    /// The host's /proc, checked to be one, for the files of this very process: the container's may be anything.
    let hostProc: Int32
    /// Whether this process may do so itself: not in a user namespace.
    let appliesAttributes: Bool

    /// What the process gives up and becomes, in the order that leaves each step the rights it needs.
    ///
    /// `channel` is to whoever takes the listener of the filter.
    func confine(_ channel: Int32) throws(SetupFailure) {
        if appliesAttributes { try plan.attributes.apply(to: 0, hostProc: hostProc) }
        try plan.domain.apply()
        try plan.labels.apply(hostProc: hostProc)
        // Without no_new_privs, installing a filter needs a capability that is about to go.
        if !plan.noNewPrivileges { try loadSeccomp(channel) }
        try plan.capabilities.applyBounding()
        let user = plan.user
        let groups = try supplementaryGroups()
        // As root or as the user: either may be the only one who can enter.
        let enteredAsRoot = (try? enterWorkingDirectory()) != nil
        try during(.user, "\(user.uid):\(user.gid)") { () throws(SystemCallError) in
            if user.uid != 0 { try keepCapabilities(true) }
            try becomeUser(uid: user.uid, gid: user.gid, supplementaryGroups: groups)
            if user.uid != 0 { try keepCapabilities(false) }
            // A change of user may make a process readable again; see prctl(2), `PR_SET_DUMPABLE`.
            try forbidInspection()
        }
        if !enteredAsRoot { try enterWorkingDirectory() }
        try plan.capabilities.apply()
        if plan.noNewPrivileges {
            try during(.noNewPrivileges, "process") { () throws(SystemCallError) in try forbidNewPrivileges() }
        }
        setFileModeMask(user.umask ?? 0o022)
    }

    /// Nil where the user namespace was made by somebody who could drop no groups, which then stay what they are.
    private func supplementaryGroups() throws(SetupFailure) -> [UInt32]? {
        let groups = plan.user.additionalGids
        guard (try? SmallFile.text("self/setgroups", beneath: hostProc))?.hasPrefix("deny") == true else {
            return groups
        }
        guard groups.isEmpty else {
            throw SetupFailure(
                .user, "\(plan.user.uid):\(plan.user.gid)",
                refused: "additionalGids: the user namespace has one group only and allows no others")
        }
        return nil
    }

    /// By a descriptor that was resolved without the kernel's own links, which could lead to directories of the host.
    private func enterWorkingDirectory() throws(SetupFailure) {
        try during(.workingDirectory, plan.cwd) { () throws(SystemCallError) in
            let directory = try FileDescriptor.open(
                plan.cwd, resolving: [.inRoot, .noMagicLinks], relativeTo: workingDirectory, [.pathOnly, .directory])
            try changeDirectory(to: directory.rawValue)
        }
    }

    private func loadSeccomp(_ channel: Int32) throws(SetupFailure) {
        guard let seccomp = plan.seccomp else { return }
        try during(.seccomp, "process") { () throws(SystemCallError) in
            guard let listener = try seccomp.load() else { return }
            // Closed by execve(2), if not before: whatever is called from here on somebody else may have to answer for.
            guard try Channel.announceListener(listener.release(), over: channel) else { exitProcess(1) }
        }
    }

    /// The program's path: what `args[0]` names, looked up in PATH as execvp(3) does, by the rights the process has
    /// now.
    func findExecutable() throws(SetupFailure) -> String {
        let name = plan.arguments[0]
        if name.utf8.contains(UInt8(ascii: "/")) {
            try during(.findExecutable, name) { () throws(SystemCallError) in try isExecutable(name) }
            return name
        }
        var denied: SystemCallError?
        let path = plan.environment.last { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? ""
        for directory in path.split(separator: ":") {
            let candidate = "\(directory)/\(name)"
            do {
                try isExecutable(candidate)
                return candidate
            } catch {
                if error.errno == .accessDenied { denied = error }
            }
        }
        if let denied { throw SetupFailure(.findExecutable, name, denied) }
        throw SetupFailure(.findExecutable, name, refused: "executable file not found in $PATH")
    }

    /// The environment, with HOME from the container's own passwd file where the configuration sets none, as runc does.
    func environment() -> [String] {
        if plan.environment.contains(where: { $0.hasPrefix("HOME=") && $0.utf8.count > 5 }) { return plan.environment }
        let home = PasswordFile.homeDirectory(of: plan.user.uid) ?? "/"
        return plan.environment.filter { !$0.hasPrefix("HOME=") } + ["HOME=\(home)"]
    }

    /// Becomes the program; returns only why it could not. A filter that goes with no_new_privs is loaded at the last
    /// moment, so that it need not allow what the set-up does.
    func execute(
        _ path: String, _ arguments: borrowing StringVector, _ environment: borrowing StringVector, channel: Int32
    ) -> SetupFailure {
        do {
            if plan.noNewPrivileges { try loadSeccomp(channel) }
        } catch {
            return error
        }
        return SetupFailure(.execute, plan.arguments[0], Kernel.execute(path, arguments, environment))
    }
}
