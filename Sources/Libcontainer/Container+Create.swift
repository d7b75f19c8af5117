internal import Cgroups
internal import Kernel
package import RuntimeSpec
internal import Seccomp

extension Container {
    /// Makes the container and its init process, which then is set up completely and parked before execve(2).
    ///
    /// The caller becomes unreadable to other processes of its user for good (`PR_SET_DUMPABLE`): its copy runs inside
    /// the container for a moment. The caller must have one thread only. On failure nothing is left: no process,
    /// cgroup, mount or state directory. Errors name the container, and the JSON path of a field of its config.json or
    /// the step, the object and the kernel's answer.
    package static func create(
        _ spec: Spec, _ options: ContainerOptions, io: ProcessIO
    ) throws(ContainerError) -> Container {
        do {
            try spec.validate()
        } catch {
            throw ContainerError(.invalidArgument, "container \"\(options.id)\": config.json: \(error)")
        }
        let directory = try StateDirectory.create(id: options.id, stateRoot: options.stateRoot)
        ContainerFailpoint.directoryMade.reach()
        do throws(ContainerError) {
            let creation = try Creation(spec, options, io, directory)
            return try creation.run()
        } catch {
            try? StateDirectory.open(id: options.id, stateRoot: options.stateRoot).remove()
            throw error.naming(options.id)
        }
    }
}

/// One attempt to create a container.
private struct Creation: ~Copyable {
    private let spec: Spec
    private let linux: Linux
    private let options: ContainerOptions
    private let directory: StateDirectory
    private let caller: Caller
    private let cgroups: CgroupManager
    private let filter: SystemCallFilter?
    private let rootfs: RootfsPlan
    private let process: ProcessPlan
    private let resctrl: ResctrlGroup?

    /// Decides and checks everything that needs nothing made yet.
    init(
        _ spec: Spec, _ options: ContainerOptions, _ io: ProcessIO, _ directory: consuming StateDirectory
    ) throws(ContainerError) {
        guard let process = spec.process else {
            throw ContainerError(.invalidArgument, "config.json: process: missing")
        }
        let linux = spec.linux ?? Linux()
        let caller = Caller.now()
        try caller.check(linux)
        try Self.refuseUnsupported(spec)
        let layout = try CgroupLayout.ofHost()
        let cgroups = try options.cgroups(linux, layout, caller)
        let filter = try Self.filter(of: linux, options)
        let view = CgroupView(layout: layout, paths: cgroups.paths, hasNamespace: linux.has(.cgroup))
        let rootfs = try RootfsPlan(
            spec, options, caller: caller, bundle: options.bundle, cgroups: view, scratch: directory.path)
        let resctrl = try Self.resctrl(of: linux, options)
        let domain = ExecutionDomain(linux)
        try domain.validate()
        self.process = try ProcessPlan(
            process, io: io, seccomp: filter, domain: domain, inUserNamespace: linux.has(.user), field: "process")
        self.spec = spec
        self.linux = linux
        self.options = options
        self.directory = directory
        self.caller = caller
        self.cgroups = cgroups
        self.filter = filter
        self.resctrl = resctrl
        self.rootfs = rootfs
    }

    /// What is not there yet is refused: a container without a restriction that was asked for is worse than none.
    private static func refuseUnsupported(_ spec: Spec) throws(ContainerError) {
        let linux = spec.linux ?? Linux()
        if let label = linux.mountLabel { try SecurityLabels.requireSELinux(for: label, field: "linux.mountLabel") }
    }

    private static func resctrl(
        of linux: Linux, _ options: ContainerOptions
    ) throws(ContainerError) -> ResctrlGroup? {
        guard let configuration = linux.intelRdt else { return nil }
        return ResctrlGroup(configuration, containerID: options.id, root: try ResctrlGroup.root())
    }

    private static func filter(
        of linux: Linux, _ options: ContainerOptions
    ) throws(ContainerError) -> SystemCallFilter? {
        guard let profile = linux.seccomp else { return nil }
        do {
            guard let directory = options.filterCache else { return try SeccompFilter(profile).program }
            return try FilterCache(directory: directory).filter(for: profile)
        } catch {
            throw ContainerError(.invalidArgument, "\(error)")
        }
    }

    private var listener: SeccompListener? {
        guard let profile = linux.seccomp, let path = profile.listenerPath else { return nil }
        return SeccompListener(path: path, metadata: profile.listenerMetadata)
    }

    consuming func run() throws(ContainerError) -> Container {
        if let filter { try directory.write(filter) }
        var reserved = ContainerState(beginning: spec, options, rootfs: rootfs.path, cgroups: cgroups)
        reserved.seccompListener = listener
        reserved.resctrl = resctrl
        // Whoever finds the container half made knows what to clear away.
        try directory.reserve(reserved)
        ContainerFailpoint.reserved.reach()
        let listener: FileDescriptor? = options.startsFromOtherProcesses ? try directory.listen() : nil
        let isAttached = listener == nil
        let namespaces = try NamespacePlan(linux, caller: caller)
        let isBornInOwn = try making { () throws(CgroupError) in try cgroups.createUnified() }
        ContainerFailpoint.unifiedCgroupMade.reach()
        var areMade = false
        var hasClass = false
        do throws(ContainerError) {
            let plan = try initPlan(namespaces)
            var new = try start(plan, listener)
            ContainerFailpoint.cloned.reach()
            try making { () throws(CgroupError) in
                try cgroups.createLegacy()
                try cgroups.startUnit(
                    containerID: options.id, process: new.pid, resources: linux.resources ?? Resources(),
                    annotations: spec.annotations)
            }
            areMade = true
            ContainerFailpoint.cgroupsMade.reach()
            if let configuration = linux.intelRdt, let resctrl {
                try resctrl.create(configuration)
                hasClass = true
                try resctrl.add(new.pid)
            }
            try admit(new, plan)
            ContainerFailpoint.admitted.reach()
            let state = try complete(reserved, new, plan)
            ContainerFailpoint.recorded.reach()
            try finish(&new, plan)
            ContainerFailpoint.parked.reach()
            directory.unlock()
            ContainerFailpoint.created.reach()
            return Container(state, directory, cgroups, new, filter: filter, isAttached: isAttached)
        } catch {
            // Those that could not be made may be another's.
            if hasClass { try? resctrl?.remove() }
            if areMade { try? cgroups.remove() } else if isBornInOwn { cgroups.removeUnified() }
            throw undo(error)
        }
    }

    private func initPlan(_ namespaces: consuming NamespacePlan) throws(ContainerError) -> InitPlan {
        let sysctls = linux.sysctl.sorted { $0.key < $1.key }
        let hostProc = try HostProc.open()
        let prepared = try PreparedMounts(
            rootfs, containerMappings: mappings, containerNamespace: namespaces.userNamespace,
            hostProc: hostProc.rawValue)
        return InitPlan(
            namespaces: namespaces, rootfs: rootfs, prepared: prepared, process: process,
            awaitsDevices: !linux.netDevices.isEmpty, awaitsCreator: awaitsCreator, hostname: spec.hostname,
            domainname: spec.domainname,
            sysctls: sysctls.map { (Linux.sysctlPath($0.key), $0.value) },
            keyring: options.noNewKeyring ? nil : "_ses." + options.id, hooks: hooks, state: specState,
            cgroups: cgroups, hostProc: hostProc)
    }

    private var mappings: UserMappings { UserMappings(uids: linux.uidMappings, gids: linux.gidMappings) }

    private var hooks: Hooks { spec.hooks ?? Hooks() }

    /// A process of a cgroup that has no real time yet cannot be scheduled by it. See the kernel's document "Real-Time
    /// group scheduling".
    private var awaitsCreator: Bool {
        let cpu = linux.resources?.cpu
        return hooks.runInCreator || spec.process?.scheduler != nil && (cpu?.realtimeRuntime ?? 0) != 0
    }

    private var specState: State {
        State(
            ociVersion: spec.ociVersion, id: options.id, status: .creating, pid: nil, bundle: options.bundle,
            annotations: spec.annotations)
    }

    /// The init process, setting itself up.
    private func start(
        _ plan: borrowing InitPlan, _ listener: borrowing FileDescriptor?
    ) throws(ContainerError) -> NewProcess {
        var listening: Int32 = -1
        switch listener {
        case .some(let descriptor): listening = descriptor.rawValue
        case .none: break
        }
        let hostProc = plan.hostProc.rawValue
        return try NewProcess.clone(plan.namespaces, cgroups: cgroups, hostProc: hostProc) { channel in
            InitProcess.run(plan, channel: channel, listener: listening)
        }
    }

    /// Lets init into its cgroups, and into its users.
    private func admit(_ new: borrowing NewProcess, _ plan: borrowing InitPlan) throws(ContainerError) {
        let hostProc = plan.hostProc.rawValue
        try new.send(.placed)
        if plan.namespaces.created.contains(.user) {
            try mappings.write(process: new.pid, hostProc: hostProc, field: "linux")
            if plan.namespaces.staysOpen {
                try applying { () throws(SetupFailure) in
                    try plan.process.attributes.applyOOMScore(to: new.pid, hostProc: hostProc)
                }
            }
            try new.send(.mapped)
        }
        guard plan.namespaces.all.contains(.user) else { return }
        try StandardStreams.give(
            plan.process.io, toUser: plan.process.user.uid, ofProcess: new.pid, hostProc: hostProc)
        if plan.namespaces.created.contains(.cgroup), rootfs.mountsWritableCgroup {
            try giveCgroup(toRootOf: new.pid, hostProc)
        }
    }

    /// As runc: where the container can write to its own cgroup, which only in a namespace of its own is its own.
    private func giveCgroup(toRootOf process: Int32, _ hostProc: Int32) throws(ContainerError) {
        do {
            guard let root = try? UserMappings.hostUser(of: 0, process: process, hostProc: hostProc) else { return }
            try cgroups.give(toUser: root)
        } catch {
            throw ContainerError("give cgroup to the root of the user namespace", error)
        }
    }

    private func making<T>(_ body: () throws(CgroupError) -> T) throws(ContainerError) -> T {
        do {
            return try body()
        } catch {
            throw ContainerError("create cgroup", error)
        }
    }

    /// Waits until init has all its file systems, restricts it, runs the hooks of this moment, or lets it do the rest
    /// meanwhile, and waits until it is parked.
    private func finish(_ new: inout NewProcess, _ plan: borrowing InitPlan) throws(ContainerError) {
        if !linux.netDevices.isEmpty {
            try new.wait(for: .networked)
            try NetworkDevices.move(linux.netDevices, to: new.pid, hostProc: plan.hostProc.rawValue)
            try new.send(.proceed)
        }
        try new.wait(for: .mounted)
        ContainerFailpoint.mounted.reach()
        do {
            try cgroups.apply(linux.resources ?? Resources())
        } catch {
            throw ContainerError("container \"\(options.id)\"", error)
        }
        ContainerFailpoint.limited.reach()
        if hooks.runInCreator { try runHooks(new.pid) }
        if plan.awaitsCreator { try new.send(.proceed) }
        try new.wait(for: .ready, delivery(new.pid))
        guard plan.namespaces.all.contains(.user) else { return }
        let attributes = plan.process.attributes
        try applying { () throws(SetupFailure) in
            if !plan.namespaces.staysOpen {
                try attributes.applyOOMScore(to: new.pid, hostProc: plan.hostProc.rawValue)
            }
            try attributes.applyLimits(to: new.pid)
        }
    }

    private func applying(_ body: () throws(SetupFailure) -> Void) throws(ContainerError) {
        do { try body() } catch { throw error.containerError }
    }

    private func delivery(_ pid: Int32) -> ListenerDelivery? {
        listener.map { listener in
            var state = specState
            state.pid = pid
            return ListenerDelivery(listener: listener, state: state)
        }
    }

    private func runHooks(_ pid: Int32) throws(ContainerError) {
        var state = specState
        state.pid = pid
        let run = HookRun(state: state, directory: options.bundle)
        do {
            try run.run(hooks.prestart, of: .prestart)
            try run.run(hooks.createRuntime, of: .createRuntime)
        } catch {
            throw error.containerError
        }
    }

    /// The error of a container that could not be made. Its last hooks undo what the others did; what keeps them
    /// from it becomes part of the error.
    private func undo(_ error: ContainerError) -> ContainerError {
        let failures = HookRun(state: specState, directory: options.bundle).runAll(hooks.poststop, of: .poststop)
        return failures.reduce(error) { ContainerError($0.code, "\($0.message); \($1.message)") }
    }

    private func complete(
        _ reserved: ContainerState, _ new: borrowing NewProcess, _ plan: borrowing InitPlan
    ) throws(ContainerError) -> ContainerState {
        var state = reserved
        state.pid = new.pid
        do {
            state.identity = try ProcessIdentity.of(new.pidfd, pid: new.pid, hostProc: plan.hostProc.rawValue)
        } catch {
            throw ContainerError("identify init", error)
        }
        state.namespaces = plan.namespaces.all.rawValue
        state.ownsProcesses = plan.namespaces.created.contains(.pid)
        try directory.complete(state, reserved: reserved)
        return state
    }
}
