internal import Kernel
internal import Libcontainer
internal import RuntimeSpec
internal import TTRPC
internal import TaskAPI

/// Checkpoint, and Create from one, for which everything else waits: a container cannot be asked for before it is there.
extension TaskService {
    /// Begins a checkpoint, whose end answers the call. An init that ends with it is reaped and reported as any other.
    func checkpoint(_ request: CheckpointRequest, _ waiter: ProcessTable.Waiter) throws(Status) {
        let record = try record(request.id)
        try refuseDuringCheckpoint(record)
        let spec = try readConfiguration(request.id, bundle: record.container.bundle)
        let options = try CheckpointOptions(request)
        do throws(SystemCallError) {
            record.checkpoint = try CheckpointRun(
                loop: loop,
                ended: { [unowned self, unowned record] failure in
                    record.checkpoint = nil
                    listener.connection(waiter.connection)?.respond(
                        to: waiter.stream,
                        failure.map { .failure($0) } ?? .success(TaskAnswer.empty.encoded()))
                },
                work: { Self.write(record, spec, options) })
        } catch {
            throw Status("container \"\(request.id)\": checkpoint", error)
        }
    }

    /// - Returns: why there are no images.
    private static func write(_ record: ContainerRecord, _ spec: Spec, _ options: CheckpointOptions) -> Status? {
        do {
            try record.container.checkpoint(spec, options)
            return nil
        } catch {
            return Status(error)
        }
    }

    /// Criu stops the processes and finds their memory and limits as they are; whoever changes them meanwhile spoils
    /// its work. Ending them is allowed.
    func refuseDuringCheckpoint(_ record: ContainerRecord) throws(Status) {
        guard record.checkpoint != nil else { return }
        throw Status(
            .failedPrecondition, "container \"\(record.id)\": its checkpoint is being written: wait for it to end")
    }

    /// Containerd makes a task from a checkpoint first and starts it later, so that it stands still until then. Runc's
    /// shim, which runs a program for each step, restores at the start.
    func restore(
        _ spec: Spec, _ options: ContainerOptions, _ request: CreateTaskRequest, io: ProcessIO
    ) throws(Status) -> Container {
        guard request.checkpoint.hasPrefix("/") else {
            throw Status(.invalidArgument, "checkpoint \"\(request.checkpoint)\": expected an absolute path")
        }
        var wanted = CheckpointOptions(imagePath: request.checkpoint)
        if let value = request.options {
            let path = try RuntimeOptions(decoding: value).criuWorkPath
            if !path.isEmpty { wanted.workPath = path }
        }
        // What the images hold of these is restored, as runc's shim has it.
        wanted.tcpEstablished = true
        wanted.externalUnixSockets = true
        wanted.fileLocks = true
        do {
            return try Self.paused(Container.restore(spec, options, wanted, io: io))
        } catch {
            throw Status(error)
        }
    }

    private static func paused(_ restored: consuming Container) throws(ContainerError) -> Container {
        var container = restored
        do throws(ContainerError) {
            try container.pause()
        } catch {
            let pid = container.pid
            _ = try? container.delete(force: true)
            _ = try? ChildExit.wait(for: pid)
            throw error
        }
        return container
    }
}

extension CheckpointOptions {
    fileprivate init(_ request: CheckpointRequest) throws(Status) {
        for path in [request.path, request.workPath] where !path.isEmpty || path == request.path {
            guard path.hasPrefix("/") else {
                throw Status(
                    .invalidArgument,
                    "container \"\(request.id)\": checkpoint: expected an absolute path, found \"\(path)\"")
            }
        }
        self.init(imagePath: request.path)
        workPath = request.workPath.isEmpty ? nil : request.workPath
        parentPath = request.parentPath.isEmpty ? nil : request.parentPath
        leavesRunning = !request.exits
        tcpEstablished = request.openTCP
        externalUnixSockets = request.externalUnixSockets
        shellJob = request.terminal
        fileLocks = request.fileLocks
        emptyNetwork = request.emptyNamespaces.contains("network")
        guard !request.cgroupsMode.isEmpty else { return }
        guard let mode = CgroupsMode(rawValue: request.cgroupsMode) else {
            throw Status(
                .invalidArgument,
                "container \"\(request.id)\": checkpoint: cgroups mode: expected soft, full, strict or ignore, found "
                    + "\"\(request.cgroupsMode)\"")
        }
        cgroupsMode = mode
    }
}
