internal import ContainerdTypes
internal import Model
internal import SwiftProtobuf

/// The Task service of one shim, in the shim's version of it. The two versions have the same messages.
struct TaskClient: Sendable {
    let channel: ShimChannel
    /// 2 or 3: `containerd.task.v2.Task` or `containerd.task.v3.Task`.
    let version: Int
    let key: TaskKey

    func create(_ request: TaskCreation, bundle: String, deadline: Duration) async throws(Failure) -> UInt32 {
        let message = Containerd_Task_V2_CreateTaskRequest.with {
            $0.id = key.id
            $0.bundle = bundle
            $0.rootfs = request.rootfs.map { mount in
                .with {
                    $0.type = mount.type
                    $0.source = mount.source
                    $0.target = mount.target
                    $0.options = mount.options
                }
            }
            $0.terminal = request.io.terminal
            $0.stdin = request.io.stdin
            $0.stdout = request.io.stdout
            $0.stderr = request.io.stderr
            $0.checkpoint = request.checkpoint
            if let options = request.options ?? request.container.runtime.options { $0.options = .init(options) }
        }
        return try await call("Create", message, Containerd_Task_V2_CreateTaskResponse.self, deadline).pid
    }

    func start(exec: String, deadline: Duration) async throws(Failure) -> UInt32 {
        let message = Containerd_Task_V2_StartRequest.with {
            $0.id = key.id
            $0.execID = exec
        }
        return try await call("Start", message, Containerd_Task_V2_StartResponse.self, deadline).pid
    }

    func delete(exec: String, deadline: Duration) async throws(Failure) -> TaskExit {
        let message = Containerd_Task_V2_DeleteRequest.with {
            $0.id = key.id
            $0.execID = exec
        }
        let answer = try await call("Delete", message, Containerd_Task_V2_DeleteResponse.self, deadline)
        return TaskExit(
            id: exec.isEmpty ? key.id : exec, pid: answer.pid, status: answer.exitStatus,
            exitedAt: Timestamp(answer.exitedAt))
    }

    func state(exec: String, deadline: Duration) async throws(Failure) -> TaskProcess {
        let message = Containerd_Task_V2_StateRequest.with {
            $0.id = key.id
            $0.execID = exec
        }
        let answer = try await call("State", message, Containerd_Task_V2_StateResponse.self, deadline)
        return TaskProcess(
            containerID: key.id, id: exec.isEmpty ? key.id : exec, pid: answer.pid,
            status: TaskProcess.Status(rawValue: answer.status.rawValue) ?? .unknown,
            io: TaskIO(
                stdin: answer.stdin, stdout: answer.stdout, stderr: answer.stderr, terminal: answer.terminal),
            exitStatus: answer.exitStatus,
            exitedAt: answer.hasExitedAt ? Timestamp(answer.exitedAt) : nil)
    }

    func kill(exec: String, signal: UInt32, all: Bool, deadline: Duration) async throws(Failure) {
        let message = Containerd_Task_V2_KillRequest.with {
            $0.id = key.id
            $0.execID = exec
            $0.signal = signal
            $0.all = all
        }
        try await call("Kill", message, deadline)
    }

    func exec(_ request: ExecCreation, deadline: Duration) async throws(Failure) {
        let message = Containerd_Task_V2_ExecProcessRequest.with {
            $0.id = key.id
            $0.execID = request.exec
            $0.terminal = request.io.terminal
            $0.stdin = request.io.stdin
            $0.stdout = request.io.stdout
            $0.stderr = request.io.stderr
            $0.spec = .init(request.spec)
        }
        try await call("Exec", message, deadline)
    }

    func resize(exec: String, width: UInt32, height: UInt32, deadline: Duration) async throws(Failure) {
        let message = Containerd_Task_V2_ResizePtyRequest.with {
            $0.id = key.id
            $0.execID = exec
            $0.width = width
            $0.height = height
        }
        try await call("ResizePty", message, deadline)
    }

    func closeInput(exec: String, deadline: Duration) async throws(Failure) {
        let message = Containerd_Task_V2_CloseIORequest.with {
            $0.id = key.id
            $0.execID = exec
            $0.stdin = true
        }
        try await call("CloseIO", message, deadline)
    }

    func pause(deadline: Duration) async throws(Failure) {
        try await call("Pause", Containerd_Task_V2_PauseRequest.with { $0.id = key.id }, deadline)
    }

    func resume(deadline: Duration) async throws(Failure) {
        try await call("Resume", Containerd_Task_V2_ResumeRequest.with { $0.id = key.id }, deadline)
    }

    func pids(deadline: Duration) async throws(Failure) -> [TaskPid] {
        let message = Containerd_Task_V2_PidsRequest.with { $0.id = key.id }
        return try await call("Pids", message, Containerd_Task_V2_PidsResponse.self, deadline).processes.map {
            TaskPid(pid: $0.pid, info: $0.hasInfo ? TypedPayload($0.info) : nil)
        }
    }

    func checkpoint(path: String, options: TypedPayload?, deadline: Duration) async throws(Failure) {
        let message = Containerd_Task_V2_CheckpointTaskRequest.with {
            $0.id = key.id
            $0.path = path
            if let options { $0.options = .init(options) }
        }
        try await call("Checkpoint", message, deadline)
    }

    func update(
        resources: TypedPayload, annotations: [String: String], deadline: Duration
    ) async throws(Failure) {
        let message = Containerd_Task_V2_UpdateTaskRequest.with {
            $0.id = key.id
            $0.resources = .init(resources)
            $0.annotations = annotations
        }
        try await call("Update", message, deadline)
    }

    func metrics(deadline: Duration) async throws(Failure) -> TypedPayload {
        let message = Containerd_Task_V2_StatsRequest.with { $0.id = key.id }
        return TypedPayload(try await call("Stats", message, Containerd_Task_V2_StatsResponse.self, deadline).stats)
    }

    /// Returns when the process has exited: there is no deadline but the shim's own end.
    func wait(exec: String) async throws(Failure) -> (status: UInt32, at: Timestamp) {
        let message = Containerd_Task_V2_WaitRequest.with {
            $0.id = key.id
            $0.execID = exec
        }
        let answer = try await call("Wait", message, Containerd_Task_V2_WaitResponse.self, nil)
        return (answer.exitStatus, Timestamp(answer.exitedAt))
    }

    /// The shim's own pid and its task's; the latter is 0 while it has none.
    func connect(deadline: Duration) async throws(Failure) -> (shim: UInt32, task: UInt32) {
        let message = Containerd_Task_V2_ConnectRequest.with { $0.id = key.id }
        let answer = try await call("Connect", message, Containerd_Task_V2_ConnectResponse.self, deadline)
        return (answer.shimPid, answer.taskPid)
    }

    func shutdown(deadline: Duration) async throws(Failure) {
        try await call("Shutdown", Containerd_Task_V2_ShutdownRequest.with { $0.id = key.id }, deadline)
    }

    private func call(_ method: String, _ message: some Message, _ deadline: Duration?) async throws(Failure) {
        _ = try await call(method, message, Google_Protobuf_Empty.self, deadline)
    }

    private func call<Answer: Message>(
        _ method: String, _ message: some Message, _: Answer.Type, _ deadline: Duration?
    ) async throws(Failure) -> Answer {
        let payload: [UInt8]
        do {
            payload = try message.serializedBytes()
        } catch {
            throw Failure(.invalidArgument, "\(method): the request cannot be encoded", cause: error)
        }
        let answer = try await channel.call(
            service: "containerd.task.v\(version).Task", method: method, payload: payload, namespace: key.namespace,
            peer: Shim.name(key), deadline: deadline)
        do {
            return try Answer(serializedBytes: answer)
        } catch {
            throw Failure(.internal, "task \"\(key.id)\": the shim's answer to \(method) is malformed", cause: error)
        }
    }
}
