package import Cgroups
internal import Kernel
package import RuntimeSpec

extension Container {
    /// Lets the parked init process execute its program. A program that cannot be executed is an error here, and then
    /// init has ended with the code a shell would give: 127 when it is not there, 126 when it cannot be executed.
    package mutating func start() throws(ContainerError) {
        if try hasStopped() {
            throw ContainerError(.failedPrecondition, "container \"\(id)\" has ended: it cannot be started again")
        }
        let channel: Channel
        if let attached = starter.take() {
            channel = attached
        } else if let connection = try directory.connect() {
            channel = connection
        } else {
            throw ContainerError(.failedPrecondition, "container \"\(id)\" has been started already")
        }
        directory.removeSocket()
        ContainerFailpoint.starting.reach()
        var message = try Self.proceed(channel, id)
        if case .listener(let number) = message, let delivery = delivery(.created) {
            try delivery.deliver(number, of: pid, pidfd)
            message = try Self.proceed(channel, id)
        }
        if case .failed(let failure) = message { throw failure.containerError }
        ContainerFailpoint.released.reach()
        try runStartedHooks()
    }

    private static func proceed(_ channel: borrowing Channel, _ id: String) throws(ContainerError) -> SetupMessage {
        do {
            try channel.send(.proceed)
            return try channel.receive()
        } catch {
            throw ContainerError("start container \"\(id)\"", error)
        }
    }

    /// Nil when nobody listens for calls that the filter passes on.
    func delivery(_ status: ContainerStatus) -> ListenerDelivery? {
        state.seccompListener.map {
            ListenerDelivery(
                listener: $0,
                state: State(
                    ociVersion: state.ociVersion, id: id, status: status, pid: pid, bundle: bundle,
                    annotations: annotations))
        }
    }

    /// The program runs already; if one of them fails, the container is stopped, as with runc.
    private func runStartedHooks() throws(ContainerError) {
        guard let hooks = state.hooks?.poststart, !hooks.isEmpty else { return }
        do {
            try hookRun(pid: pid).run(hooks, of: .poststart)
        } catch {
            try? cgroups.kill()
            try? sendSignal(SignalNumber.kill, to: pidfd)
            throw error.containerError.naming(id)
        }
    }

    private func hookRun(pid: Int32?) -> HookRun {
        let told = State(
            ociVersion: state.ociVersion, id: id, status: .stopped, pid: pid, bundle: bundle, annotations: annotations)
        return HookRun(state: told, directory: Directory.exists(bundle) ? bundle : nil)
    }

    /// Sends a signal to init or, if `all`, to every process in the container's cgroup; without one, to init only.
    package func kill(signal: Int32, all: Bool) throws(ContainerError) {
        defer { ContainerFailpoint.signalled.reach() }
        if all, !cgroups.isNone {
            if signal == SignalNumber.kill {
                return try withCgroups { (cgroups) throws(CgroupError) in try cgroups.kill() }
            }
            for pid in try pids() { try? sendSignal(signal, toProcess: pid) }
            return
        }
        let gone = ContainerError(.notFound, notRunning.message)
        guard try !hasStopped() else { throw gone }
        do {
            try sendSignal(signal, to: pidfd)
        } catch {
            throw error.errno == .noSuchProcess ? gone : ContainerError("signal container \"\(id)\"", error)
        }
    }

    /// Freezes every process of the container.
    package func pause() throws(ContainerError) {
        guard try !hasStopped() else { throw notRunning }
        try withCgroups { (cgroups) throws(CgroupError) in try cgroups.freeze() }
    }

    /// Lets the processes of a paused container go on.
    package func resume() throws(ContainerError) {
        guard try !hasStopped() else { throw notRunning }
        try withCgroups { (cgroups) throws(CgroupError) in try cgroups.thaw() }
    }

    /// Changes limits; fields that are absent stay as they are. Nothing changes if a field makes no sense.
    package func update(_ resources: Resources) throws(ContainerError) {
        do {
            try resources.validate(isUpdate: true)
        } catch {
            throw ContainerError(.invalidArgument, "container \"\(id)\": \(error)")
        }
        try withCgroups { (cgroups) throws(CgroupError) in try cgroups.update(resources) }
    }

    /// Changes the share of the container's class of service, also for others that are in it.
    package func update(_ share: LinuxIntelRDT) throws(ContainerError) {
        guard let resctrl = state.resctrl else {
            throw ContainerError(
                .failedPrecondition,
                "container \"\(id)\" is in no class of service of Intel RDT: linux.intelRdt makes one")
        }
        try resctrl.update(share)
    }

    /// The numbers of all processes of the container, in the caller's PID namespace.
    package func pids() throws(ContainerError) -> [Int32] {
        if cgroups.isNone {
            throw ContainerError(
                .failedPrecondition, "container \"\(id)\" has no cgroup that could tell which processes are its own")
        }
        return try withCgroups { (cgroups) throws(CgroupError) in try cgroups.pids() }
    }

    /// Whether it is created, running or paused, and so has processes to be looked at.
    package func requireProcesses() throws(ContainerError) {
        guard try !hasStopped() else { throw notRunning }
    }

    /// What the container used so far, as far as the host counts it.
    package func statistics() throws(ContainerError) -> CgroupStatistics {
        try withCgroups { (cgroups) throws(CgroupError) in try cgroups.statistics() }
    }

    /// The parts of the statistics that engines read by the kernel's own names.
    package func counters() -> ContainerCounters {
        let times = cgroups.timesByCPU()
        return ContainerCounters(
            memory: cgroups.memoryCounters(), cpuSet: cgroups.cpuSet(), kernelTimes: times.kernel,
            userTimes: times.user)
    }

    /// What tells of processes that ran out of memory; nil where the host cannot tell.
    package func oomNotifier() throws(ContainerError) -> OOMNotifier? {
        do {
            return try cgroups.oomNotifier()
        } catch {
            throw ContainerError("container \"\(id)\"", error)
        }
    }

    private func withCgroups<Result>(
        _ body: (CgroupManager) throws(CgroupError) -> Result
    ) throws(ContainerError) -> Result {
        do {
            return try body(cgroups)
        } catch {
            throw ContainerError("container \"\(id)\"", error)
        }
    }

    /// Engines look for the last three words, which are runc's.
    var notRunning: ContainerError {
        ContainerError(.failedPrecondition, "container \"\(id)\" has ended: container not running")
    }

    /// Removes the cgroup and the state directory. A container that still runs is refused unless `force`, which kills
    /// it; one that is created only is killed either way. Repeating a `delete` that failed or was interrupted is safe.
    ///
    /// Init is not reaped here: it is its parent's to reap. The last hooks run when the cgroup is gone and the ID is
    /// still taken, so that they run again after a crash in between. Answers what went wrong with them, for the log: it
    /// keeps no container from being deleted.
    @discardableResult
    package mutating func delete(force: Bool) throws(ContainerError) -> [String] {
        ContainerFailpoint.deleting.reach()
        let status = try status()
        if status != .stopped {
            guard force || status == .created else {
                throw ContainerError(
                    .failedPrecondition,
                    "container \"\(id)\" is \(status.rawValue): stop it first, or force its removal")
            }
            try killAndWait()
        } else if !state.ownsProcesses || state.pid == 0 {
            try? cgroups.kill()
        }
        ContainerFailpoint.ended.reach()
        do {
            try cgroups.remove()
        } catch {
            throw ContainerError("container \"\(id)\"", error)
        }
        ContainerFailpoint.cgroupRemoved.reach()
        try state.resctrl?.remove()
        let hooks = state.hooks?.poststop ?? []
        let failures = hooks.isEmpty ? [] : hookRun(pid: nil).runAll(hooks, of: .poststop)
        try directory.remove()
        ContainerFailpoint.deleted.reach()
        return failures.map { "container \"\(id)\": \($0.message)" }
    }

    private static let longestDeath: Int32 = 10_000

    /// Every process, not only init: without a PID namespace of the container's own the others would live on.
    private func killAndWait() throws(ContainerError) {
        try? cgroups.kill()
        try? sendSignal(SignalNumber.kill, to: pidfd)
        let ended: Bool
        do {
            ended = try waitUntilReadable(pidfd, milliseconds: Self.longestDeath)
        } catch {
            throw ContainerError("container \"\(id)\"", error)
        }
        guard ended else {
            throw ContainerError(.unavailable, "container \"\(id)\": init does not end after SIGKILL")
        }
    }
}

/// Counters of a container beside `CgroupStatistics`.
package struct ContainerCounters: Sendable {
    /// `memory.stat`.
    package let memory: [String: UInt64]
    /// Of version 1.
    package let cpuSet: CPUSetStatistics?
    /// Nanoseconds by CPU, of version 1.
    package let kernelTimes: [UInt64]
    package let userTimes: [UInt64]
}
