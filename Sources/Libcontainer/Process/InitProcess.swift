internal import Cgroups
internal import Kernel
internal import RuntimeSpec

/// What a container's init process does between its birth and its program. Nothing here returns: it ends in execve(2)
/// or _exit(2).
enum InitProcess {
    /// - Parameters:
    ///   - channel: to the creator.
    ///   - listener: where a process that starts the container connects; -1 if the creator does it over `channel`.
    static func run(_ plan: borrowing InitPlan, channel: Int32, listener: Int32) -> Never {
        let creator = Channel(FileDescriptor(owning: channel))
        let launch: Launch
        do {
            launch = try setUp(plan, creator, listener: listener)
        } catch {
            try? creator.send(.failed(error))
            exitProcess(1)
        }
        _ = creator.release()
        launch.waitAndExecute()
    }

    private static func setUp(
        _ plan: borrowing InitPlan, _ creator: borrowing Channel, listener: Int32
    ) throws(SetupFailure) -> Launch {
        let streams = try enterContainer(plan, creator)
        let kept = [creator.descriptor.rawValue] + (listener >= 0 ? [listener] : []) + [plan.hostProc.rawValue]
        let numbers = try during(.standardStreams, "process") { () throws(SystemCallError) in
            let numbers = try StandardStreams.install(streams, keeping: kept)
            try StandardStreams.giveTo(uid: plan.process.user.uid)
            return numbers
        }
        let hostProc = numbers[numbers.count - 1]
        // From here on the creator's end has another number; what is thrown is sent over it.
        let moved = Channel(FileDescriptor(owning: numbers[0]))
        do {
            let setup = ProcessSetup(
                plan: plan.process, hostProc: hostProc, appliesAttributes: !plan.namespaces.all.contains(.user))
            try setup.confine(numbers[0])
            let launch = Launch(
                setup: setup, path: try setup.findExecutable(), environment: setup.environment(),
                hooks: plan.hooks.startContainer, state: ownState(plan), channel: numbers[0],
                listener: listener >= 0 ? numbers[1] : -1)
            try during(.synchronise, "creator") { () throws(SystemCallError) in
                try closeAll(from: hostProc)
                try moved.send(.ready)
            }
            _ = moved.release()
            return launch
        } catch {
            try? moved.send(.failed(error))
            exitProcess(1)
        }
    }

    /// Namespaces, mounts, root. Answers what become the standard streams; everything else opened here is closed again.
    private static func enterContainer(
        _ plan: borrowing InitPlan, _ creator: borrowing Channel
    ) throws(SetupFailure) -> [Int32] {
        try during(.session, "process") { () throws(SystemCallError) in
            try resetSignals()
            try startSession()
        }
        setFileModeMask(0)
        // The files of its cgroups must be what and whose they are for the creator.
        let seesHost = plan.namespaces.created.contains(.mount) && !plan.namespaces.all.contains(.user)
        if !seesHost { try enterCgroups(plan, creator) }
        try enterNamespaces(plan, creator)
        var rootfs = try RootFilesystem(plan.rootfs, plan.prepared)
        if seesHost { try enterCgroups(plan, creator) }
        if plan.awaitsDevices {
            try during(.synchronise, "creator") { () throws(SystemCallError) in try creator.send(.networked) }
            try creator.expect { if case .proceed = $0 { true } else { false } }
        }
        try rootfs.mountAll(plan.prepared)
        try rootfs.makeDevices()
        let streams = try openStreams(plan.process.io, rootfs, creator)
        for (path, value) in plan.sysctls { try set(path, value, plan.hostProc.rawValue) }
        try rootfs.makeWorkingDirectory()
        // Hooks may add to the file systems before they are sealed.
        if !plan.hooks.runBeforePivot { try rootfs.protect() }
        try during(.synchronise, "creator") { () throws(SystemCallError) in try creator.send(.mounted) }
        if plan.awaitsCreator { try creator.expect { if case .proceed = $0 { true } else { false } } }
        if plan.hooks.runBeforePivot {
            try HookRun(state: ownState(plan), directory: plan.rootfs.path)
                .run(plan.hooks.createContainer, of: .createContainer)
            try rootfs.protect()
        }
        try rootfs.becomeRoot()
        if let keyring = plan.keyring { try joinKeyring(keyring) }
        return streams
    }

    /// As late as can be, since the creator makes them meanwhile, but before there is a view of them to be mounted.
    /// Restrictions follow when everything is set up.
    private static func enterCgroups(
        _ plan: borrowing InitPlan, _ creator: borrowing Channel
    ) throws(SetupFailure) {
        try creator.expect { if case .placed = $0 { true } else { false } }
        do throws(CgroupError) {
            try plan.cgroups.joinSelf()
        } catch {
            if case .system(let call, _) = error { throw SetupFailure(.joinCgroup, "of the container", call) }
            throw SetupFailure(.joinCgroup, "of the container", refused: "\(error)")
        }
        if plan.namespaces.created.contains(.cgroup) {
            try during(.createNamespace, "cgroup") { () throws(SystemCallError) in try unshareNamespaces(.cgroup) }
        }
    }

    /// The container's state with this process as the container sees it.
    private static func ownState(_ plan: borrowing InitPlan) -> State {
        var state = plan.state
        state.pid = currentProcess()
        return state
    }

    private static func enterNamespaces(
        _ plan: borrowing InitPlan, _ creator: borrowing Channel
    ) throws(SetupFailure) {
        let created = plan.namespaces.created
        if created.contains(.user) { try creator.expect { if case .mapped = $0 { true } else { false } } }
        if plan.namespaces.staysOpen {
            if created.contains(.time) {
                try TimeNamespace.enterNew(plan.namespaces.clockOffsets, hostProc: plan.hostProc.rawValue)
            }
            // Before anything of the container's is joined.
            try during(.session, "process") { () throws(SystemCallError) in try forbidInspection() }
        }
        try plan.namespaces.joinAll()
        if plan.namespaces.all.contains(.user) {
            try during(.mapUsers, "0:0") { () throws(SystemCallError) in
                try becomeUser(uid: 0, gid: 0, supplementaryGroups: nil)
            }
        }
        if plan.namespaces.createdAsRoot != [] {
            try during(.createNamespace, plan.namespaces.createdAsRoot.name) { () throws(SystemCallError) in
                try unshareNamespaces(plan.namespaces.createdAsRoot)
            }
        }
        if created.contains(.network) {
            // Here rather than by clone3(2), so that the creator goes on meanwhile: it is the costly one.
            try during(.createNamespace, "network") { () throws(SystemCallError) in try unshareNamespaces(.network) }
            try during(.loopback, "lo") { () throws(SystemCallError) in try raiseLoopback() }
        }
        if let name = plan.hostname {
            try during(.hostName, name) { () throws(SystemCallError) in try setHostName(name) }
        }
        if let name = plan.domainname {
            try during(.domainName, name) { () throws(SystemCallError) in try setDomainName(name) }
        }
    }

    private static func openStreams(
        _ io: ProcessIO, _ rootfs: borrowing RootFilesystem, _ creator: borrowing Channel
    ) throws(SetupFailure) -> [Int32] {
        switch io {
        case .descriptors(let stdin, let stdout, let stderr, let extra): return [stdin, stdout, stderr] + extra
        case .terminal(let width, let height):
            let terminal = try rootfs.openConsole()
            return try terminal.handOver(to: creator, width: width, height: height)
        }
    }

    private static func set(_ path: String, _ value: String, _ hostProc: Int32) throws(SetupFailure) {
        try during(.systemControl, path) { () throws(SystemCallError) in
            let file = try FileDescriptor.open(
                "sys/" + path, resolving: [.beneath, .noSymlinks, .noCrossDevice], relativeTo: hostProc, .writeOnly)
            try file.write(value, name: path)
        }
    }

    /// Kernels without keyrings, and filters around us that forbid them, leave nothing to keep from the container.
    private static func joinKeyring(_ name: String) throws(SetupFailure) {
        do {
            try joinSessionKeyring(name)
        } catch {
            guard error.errno == .notImplemented || error.errno == .notPermitted else {
                throw SetupFailure(.keyring, name, error)
            }
        }
    }
}
