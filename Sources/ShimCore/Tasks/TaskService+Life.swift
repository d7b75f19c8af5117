internal import Kernel
internal import Libcontainer
internal import RuntimeSpec
internal import TTRPC
internal import TaskAPI

/// Create, Start, Exec, Delete.
extension TaskService {
    /// No configuration that a client wrote is larger.
    private static let configurationLimit = 16 << 20

    /// Filters depend on nothing of a bundle, so that all shims of a machine share them: beside their sockets.
    private static let filterCache = "/run/containerd/berth-filters"

    /// Where a bundle keeps its container's state, so that whoever finds the bundle finds the container.
    static func stateRoot(bundle: String) -> String { bundle + "/runtime" }

    func create(_ request: CreateTaskRequest) throws(Status) -> (TaskAnswer, [ProcessTable.Effect]) {
        // The configuration is large and of no use later: what it took goes back to the system.
        defer { releaseFreeMemory() }
        ShimFailpoint.createBegun.reach()
        guard !table.hasContainer(request.id) else {
            throw Status(.alreadyExists, "container \"\(request.id)\": already exists")
        }
        guard request.bundle.hasPrefix("/") else {
            throw Status(.invalidArgument, "bundle \"\(request.bundle)\": expected an absolute path")
        }
        let wanted = try runtimeOptions(request)
        var spec = try readConfiguration(request.id, bundle: request.bundle)
        spec.process?.terminal = request.stdio.terminal
        if !wanted.shimCgroup.isEmpty { try ShimCgroup.join(wanted.shimCgroup) }
        let stdio = ProcessStdio(
            request.stdio,
            owner: .init(id: request.id, namespace: namespace, isInit: true, pipeOwner: wanted.pipeOwner), loop: loop,
            streams: streams)
        let size = spec.process?.consoleSize
        let io = try stdio.open(
            width: UInt16(clamping: size?.width ?? 0), height: UInt16(clamping: size?.height ?? 0))
        ShimFailpoint.streamsOpened.reach()
        do throws(Status) {
            let options = containerOptions(request, wanted)
            let isRestored = !request.checkpoint.isEmpty
            let container =
                isRestored
                ? try restore(spec, options, request, io: io) : try makeContainer(spec, options, io: io)
            let record = ContainerRecord(
                id: request.id, container: container, stdio: stdio, hasOwnProcesses: Self.hasOwnProcesses(spec))
            record.isRestored = isRestored
            try adopt(record)
            ShimFailpoint.adopted.reach()
            let effects = table.addContainer(
                id: request.id, bundle: request.bundle, rootfs: request.rootfs, stdio: request.stdio,
                pid: record.container.pid)
            return (.created(pid: UInt32(record.container.pid)), effects)
        } catch {
            stdio.close()
            throw error
        }
    }

    func readConfiguration(_ id: String, bundle: String) throws(Status) -> Spec {
        let path = bundle + "/config.json"
        let document: [UInt8]
        do {
            document = try SmallFile.read(path, limit: Self.configurationLimit)
        } catch {
            throw Status("container \"\(id)\"", error)
        }
        do {
            return try document.withUnsafeBytes { (bytes) throws(SpecError) in try Spec(parsing: bytes) }
        } catch {
            throw Status(.invalidArgument, "container \"\(id)\": config.json: \(error)")
        }
    }

    private func containerOptions(_ request: CreateTaskRequest, _ wanted: RuntimeOptions) -> ContainerOptions {
        var options = ContainerOptions(
            id: request.id, bundle: request.bundle, stateRoot: Self.stateRoot(bundle: request.bundle))
        options.filterCache = Self.filterCache
        options.rootfsMounts = request.rootfs.map {
            Mount(destination: $0.target, type: $0.type, source: $0.source, options: $0.options)
        }
        options.noPivot = wanted.noPivotRoot
        options.noNewKeyring = wanted.noNewKeyring
        options.systemdCgroup = wanted.systemdCgroup
        return options
    }

    /// What the client chose about the runtime. What only tells how another runtime is run is reported and has no
    /// effect; another runtime itself is refused, since it may have been chosen for what it isolates.
    private func runtimeOptions(_ request: CreateTaskRequest) throws(Status) -> RuntimeOptions {
        guard let value = request.options else { return RuntimeOptions() }
        let wanted = try RuntimeOptions(decoding: value)
        let program = wanted.binaryName.split(separator: "/").last ?? ""
        guard program.isEmpty || ["runc", "crun", "berth-runtime"].contains(program) else {
            throw Status(
                .invalidArgument,
                "runtime option \"binary_name\": this shim is a runtime itself and does not start "
                    + "\"\(wanted.binaryName)\"")
        }
        if !wanted.unsupported.isEmpty {
            log.warning("runtime options without effect: \(wanted.unsupported.joined(separator: ", "))")
        }
        return wanted
    }

    private func makeContainer(
        _ spec: Spec, _ options: ContainerOptions, io: ProcessIO
    ) throws(Status) -> Container {
        do {
            return try Container.create(spec, options, io: io)
        } catch {
            throw Status(error)
        }
    }

    /// Takes over a container that was just made: from here on its exit is reported.
    private func adopt(_ record: ContainerRecord) throws(Status) {
        do throws(Status) {
            try record.stdio.started(terminal: record.container.takeTerminal())
        } catch {
            let pid = record.container.pid
            _ = try? record.container.delete(force: true)
            _ = try? ChildExit.wait(for: pid)
            throw error
        }
        records[record.id] = record
        watchMemory(of: record)
    }

    /// Whether the container has a PID namespace of its own, so that its processes end with its init.
    private static func hasOwnProcesses(_ spec: Spec) -> Bool {
        spec.linux?.namespaces.contains { $0.type == .pid && $0.path == nil } ?? false
    }

    func start(_ process: ProcessReference) throws(Status) -> (TaskAnswer, [ProcessTable.Effect]) {
        try table.checkStart(process)
        let record = try record(process.id)
        try refuseDuringCheckpoint(record)
        if !process.execID.isEmpty { return try startExec(process, record) }
        do {
            if record.isRestored {
                try record.container.resume()
            } else {
                try record.container.start()
            }
        } catch {
            throw Status(error)
        }
        record.stdio.takeInput()
        let pid = record.container.pid
        return (.started(pid: UInt32(pid)), table.started(process, pid: pid))
    }

    func prepareExec(_ request: ExecRequest) throws(Status) -> (TaskAnswer, [ProcessTable.Effect]) {
        let record = try record(request.process.id)
        guard let value = request.spec, value.typeName == TypeName.process else {
            throw Status(
                .invalidArgument,
                "\(ProcessTable.name(request.process)): expected a spec of type \"\(TypeName.process)\"")
        }
        var spec: ProcessSpec
        do {
            spec = try value.value.withUnsafeBytes { (bytes) throws(SpecError) in try ProcessSpec(parsing: bytes) }
        } catch {
            throw Status(.invalidArgument, "\(ProcessTable.name(request.process)): \(error)")
        }
        spec.terminal = request.stdio.terminal
        let effects = try table.addExec(request.process, stdio: request.stdio)
        let owner = ProcessStdio.Owner(
            id: request.process.id, namespace: namespace, isInit: false, pipeOwner: record.stdio.owner.pipeOwner)
        let stdio = ProcessStdio(request.stdio, owner: owner, loop: loop, streams: streams)
        record.execs[request.process.execID] = ContainerRecord.Exec(spec: spec, stdio: stdio)
        ShimFailpoint.execPrepared.reach()
        return (.empty, effects)
    }

    private func startExec(
        _ reference: ProcessReference, _ record: ContainerRecord
    ) throws(Status) -> (TaskAnswer, [ProcessTable.Effect]) {
        guard let exec = record.execs[reference.execID] else {
            throw Status(.notFound, "\(ProcessTable.name(reference)): not found")
        }
        do throws(Status) {
            let size = exec.spec.consoleSize
            let io = try exec.stdio.open(
                width: UInt16(clamping: size?.width ?? 0), height: UInt16(clamping: size?.height ?? 0))
            ShimFailpoint.execStreamsOpened.reach()
            let pid = try run(exec, io: io, in: record)
            ShimFailpoint.execAdopted.reach()
            return (.started(pid: UInt32(pid)), table.started(reference, pid: pid))
        } catch {
            exec.stdio.close()
            apply(table.startFailed(reference, at: .now()))
            throw error
        }
    }

    private func run(_ exec: ContainerRecord.Exec, io: ProcessIO, in record: ContainerRecord) throws(Status) -> Int32 {
        var process: ContainerProcess
        do {
            process = try record.container.exec(exec.spec, io: io)
        } catch {
            throw Status(error)
        }
        do throws(Status) {
            try exec.stdio.started(terminal: process.takeTerminal())
        } catch {
            try? sendSignal(Signal.kill, to: process.pidfd.rawValue)
            _ = try? ChildExit.wait(for: process.pid)
            throw error
        }
        return process.pid
    }

    func delete(_ process: ProcessReference) throws(Status) -> (TaskAnswer, [ProcessTable.Effect]) {
        var (pid, exit) = try table.checkDelete(process)
        let record = try record(process.id)
        guard process.execID.isEmpty else {
            if let exec = record.execs.removeValue(forKey: process.execID) { keep(exec.stdio) }
            return (.deleted(pid: pid, exit: exit), table.remove(process, pid: pid, exit: exit))
        }
        if try table.phase(process) == .created {
            endParked(record)
            (pid, exit) = try table.checkDelete(process)
        }
        record.checkpoint?.finish()
        do {
            for warning in try record.container.delete(force: true) { log.warning(warning) }
        } catch {
            throw Status(error)
        }
        stopWatchingMemory(of: record)
        records[process.id] = nil
        keep(record.stdio)
        for exec in record.execs.values { keep(exec.stdio) }
        ShimFailpoint.forgotten.reach()
        return (.deleted(pid: pid, exit: exit), table.remove(process, pid: pid, exit: exit))
    }

    /// Ends an init that was never let go, and reports its end as any other.
    private func endParked(_ record: ContainerRecord) {
        // By its cgroup, too: one that was restored stands frozen, and dies only when it is thawed.
        try? sendSignal(Signal.kill, to: record.container.pidfd)
        try? record.container.kill(signal: Signal.kill, all: true)
        if let exit = try? ChildExit.wait(for: record.container.pid) { ended(exit) }
    }
}

extension RuntimeOptions {
    var pipeOwner: ProcessStdio.PipeOwner? {
        ioUser == 0 && ioGroup == 0 ? nil : ProcessStdio.PipeOwner(user: ioUser, group: ioGroup)
    }
}
