internal import Cgroups
internal import Kernel
package import RuntimeSpec

extension Container {
    /// Starts a process inside the running container: in all its namespaces, its cgroup and under its seccomp filter.
    /// It is the caller's child, who reaps it. On failure, also to execute the program, no process is left.
    ///
    /// The caller must have one thread only, as for `create`.
    package func exec(
        _ process: ProcessSpec, io: ProcessIO, options: ExecOptions = ExecOptions()
    ) throws(ContainerError) -> ContainerProcess {
        do {
            try process.validate(at: "process")
        } catch {
            throw ContainerError(.invalidArgument, "\(error)")
        }
        switch try status() {
        case .running, .created: break
        case .paused:
            guard options.ignoresPause else {
                throw ContainerError(.failedPrecondition, "container \"\(id)\" is paused: resume it first")
            }
        default: throw notRunning
        }
        let namespaces = NamespaceSet(rawValue: state.namespaces)
        let cgroups: CgroupManager
        let join: CgroupJoin
        do {
            cgroups = try self.cgroups.subgroups(options.subgroups)
            join = try cgroups.openJoin(includingUnified: false)
        } catch {
            throw ContainerError("container \"\(id)\"", error)
        }
        let plan = ExecPlan(
            process: try ProcessPlan(
                completed(process), io: io, seccomp: filter, domain: state.domain,
                inUserNamespace: namespaces.contains(.user), field: "process"),
            initProcess: pidfd, namespaces: namespaces, isBornInside: Caller.now() == .user, cgroups: join,
            hostProc: try HostProc.open(), initialCPUs: try cpus(process.execCPUAffinity?.initial, "initial"),
            finalCPUs: try cpus(process.execCPUAffinity?.final, "final"))
        if namespaces.contains(.user) {
            try StandardStreams.give(
                io, toUser: process.user.uid, ofProcess: pid, hostProc: plan.hostProc.rawValue)
        }
        var new = try plan.start(in: cgroups)
        if let resctrl = state.resctrl { try resctrl.add(new.pid) }
        ContainerFailpoint.execCloned.reach()
        try new.wait(for: .executed, delivery(.running))
        ContainerFailpoint.execRuns.reach()
        let (pid, pidfd, channel, terminal) = new.keep()
        _ = FileDescriptor(owning: channel)
        return ContainerProcess(
            pid: pid, pidfd: FileDescriptor(owning: pidfd), terminal: terminal.map { FileDescriptor(owning: $0) })
    }

    /// As with runc and crun, rights that the process does not tell are those of init.
    private func completed(_ process: ProcessSpec) -> ProcessSpec {
        var process = process
        process.capabilities = process.capabilities ?? state.capabilities
        process.apparmorProfile = process.apparmorProfile ?? state.apparmorProfile
        process.selinuxLabel = process.selinuxLabel ?? state.selinuxLabel
        return process
    }
}

/// What the caller of `Container.exec` decides beside the process.
package struct ExecOptions: Sendable {
    /// Puts the process into a paused container, too, where it stands still until the container goes on.
    package var ignoresPause = false
    /// Cgroups below the container's, by controller, or for all of them by the empty name.
    package var subgroups: [String: String] = [:]

    package init() {}
}

/// A list of CPUs as a mask; nil where there is none.
private func cpus(_ list: String?, _ name: String) throws(ContainerError) -> [UInt64]? {
    guard let list, !list.isEmpty else { return nil }
    guard let bits = NumberList.bits(list) else {
        throw ContainerError(
            .invalidArgument, "process.execCPUAffinity.\(name): expected CPUs below 8192, found \"\(list)\"")
    }
    return bits
}

/// Everything about a process that joins a running container, decided before it exists.
struct ExecPlan: ~Copyable {
    let process: ProcessPlan
    /// The container's init process, whose namespaces are joined.
    let initProcess: Int32
    let namespaces: NamespaceSet
    /// Whether a process in between joins the namespaces before this one is born, as a caller without rights needs: he
    /// has them only in the container's user namespace.
    let isBornInside: Bool
    let cgroups: CgroupJoin
    let hostProc: FileDescriptor
    /// The CPUs to run on before and after the process joins the cgroup; nil leaves them as they are.
    let initialCPUs: [UInt64]?
    let finalCPUs: [UInt64]?

    /// The process, setting itself up.
    borrowing func start(in cgroups: CgroupManager) throws(ContainerError) -> NewProcess {
        guard isBornInside else {
            return try NewProcess.clone(
                [], cgroups: cgroups, pidNamespace: namespaces.contains(.pid) ? initProcess : nil,
                hostProc: hostProc.rawValue
            ) { channel in ExecProcess.run(self, channel: channel) }
        }
        return try NewProcess.cloneThroughIntermediate([], cgroups: cgroups, staysOpen: true) {
            () throws(SetupFailure) in
            try process.attributes.applyOOMScore(to: 0, hostProc: hostProc.rawValue)
            try during(.joinNamespace, "of init") { () throws(SystemCallError) in
                try forbidInspection()
                try joinNamespaces(initProcess, namespaces)
            }
        } _: { channel in
            ExecProcess.run(self, channel: channel)
        }
    }
}
