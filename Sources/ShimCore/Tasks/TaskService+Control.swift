internal import Kernel
internal import Libcontainer
internal import RuntimeSpec
internal import TTRPC
internal import TaskAPI

/// What is asked of a container that is there.
extension TaskService {
    func kill(_ request: KillRequest) throws(Status) -> TaskAnswer {
        guard request.signal <= Signal.last else {
            throw Status(.invalidArgument, "signal \(request.signal): expected 0 to \(Signal.last)")
        }
        let process = request.process
        let record = try record(process.id)
        if case .exited = try table.phase(process) {
            throw Status(.notFound, "\(ProcessTable.name(process)): process already finished: not found")
        }
        let signal = Int32(request.signal)
        if process.execID.isEmpty {
            do {
                try record.container.kill(signal: signal, all: request.all)
            } catch {
                throw Status(error)
            }
            return .empty
        }
        let pid = try table.pid(process)
        guard pid != 0 else {
            throw Status(.failedPrecondition, "\(ProcessTable.name(process)): is not started")
        }
        do {
            // Its number cannot belong to another process: it is a child that was not reaped.
            try sendSignal(signal, toProcess: pid)
        } catch {
            throw Status("\(ProcessTable.name(process))", error)
        }
        return .empty
    }

    func pids(_ id: String) throws(Status) -> TaskAnswer {
        let record = try record(id)
        do {
            let pids = try record.container.pids()
            return .pids(
                pids.map { TaskAnswer.ProcessInfo(pid: UInt32($0), execID: table.execID(ofProcess: $0, in: id)) })
        } catch {
            throw Status(error)
        }
    }

    func pause(_ id: String) throws(Status) -> (TaskAnswer, [ProcessTable.Effect]) {
        let record = try record(id)
        try refuseDuringCheckpoint(record)
        guard try table.phase(ProcessReference(id: id)) == .running else {
            throw Status(.failedPrecondition, "container \"\(id)\": is not running")
        }
        do {
            try record.container.pause()
        } catch {
            throw Status(error)
        }
        return (.empty, table.setPaused(id, true))
    }

    func resume(_ id: String) throws(Status) -> (TaskAnswer, [ProcessTable.Effect]) {
        let record = try record(id)
        try refuseDuringCheckpoint(record)
        guard table.isPaused(id) else {
            throw Status(.failedPrecondition, "container \"\(id)\": is not paused")
        }
        do {
            try record.container.resume()
        } catch {
            throw Status(error)
        }
        return (.empty, table.setPaused(id, false))
    }

    /// A client sets the size just after the start; that the process is over by then is no fault of the client's.
    func resize(_ request: ResizeRequest) throws(Status) -> TaskAnswer {
        if case .exited = try table.phase(request.process) { return .empty }
        guard let stdio = try record(request.process.id).stdio(of: request.process.execID) else {
            throw Status(.notFound, "\(ProcessTable.name(request.process)): not found")
        }
        try stdio.resize(width: UInt16(clamping: request.width), height: UInt16(clamping: request.height))
        return .empty
    }

    func closeIO(_ process: ProcessReference, stdin: Bool) throws(Status) -> TaskAnswer {
        _ = try table.phase(process)
        if stdin { try record(process.id).stdio(of: process.execID)?.closeStdin() }
        return .empty
    }

    func update(_ id: String, _ value: TypedValue?) throws(Status) -> TaskAnswer {
        let record = try record(id)
        try refuseDuringCheckpoint(record)
        guard let value, value.typeName == TypeName.resources else {
            throw Status(.invalidArgument, "container \"\(id)\": expected resources of type \"\(TypeName.resources)\"")
        }
        let resources: Resources
        do {
            resources = try value.value.withUnsafeBytes { (bytes) throws(SpecError) in try Resources(parsing: bytes) }
        } catch {
            throw Status(.invalidArgument, "container \"\(id)\": \(error)")
        }
        do {
            try record.container.update(resources)
        } catch {
            throw Status(error)
        }
        return .empty
    }
}
