/// Running containers: one task for each, its init process and its execs. containerd's `runtime.PlatformRuntime`.
///
/// Life cycle: create → (created) → start → (running) → exit → (stopped) → delete. State lives in the shim, which
/// outlives the supervisor; `recover` finds every shim again.
package protocol TaskRuntime: Sendable {
    /// `alreadyExists` while the container has a task. On failure nothing remains: no shim, mount, cgroup, bundle.
    /// - Returns: the init process's pid; the process waits to be started.
    func create(_ request: TaskCreation, namespace: String) async throws(Failure) -> UInt32
    /// Starts the task's init, or the exec named `exec` (empty for the init).
    func start(_ id: String, exec: String, namespace: String) async throws(Failure) -> UInt32
    /// `failedPrecondition` while it runs. Ends the shim, removes the bundle.
    func delete(_ id: String, namespace: String) async throws(Failure) -> TaskExit
    func deleteProcess(_ id: String, exec: String, namespace: String) async throws(Failure) -> TaskExit
    func state(_ id: String, exec: String, namespace: String) async throws(Failure) -> TaskProcess
    /// Bounded: a shim that does not answer is listed with the state last known (unknown, if none).
    func list(namespace: String) async throws(Failure) -> [TaskProcess]
    func kill(_ id: String, exec: String, signal: UInt32, all: Bool, namespace: String) async throws(Failure)
    func exec(_ request: ExecCreation, namespace: String) async throws(Failure)
    func resize(_ id: String, exec: String, width: UInt32, height: UInt32, namespace: String) async throws(Failure)
    func closeInput(_ id: String, exec: String, namespace: String) async throws(Failure)
    func pause(_ id: String, namespace: String) async throws(Failure)
    func resume(_ id: String, namespace: String) async throws(Failure)
    func pids(_ id: String, namespace: String) async throws(Failure) -> [TaskPid]
    func checkpoint(_ id: String, path: String, options: TypedPayload?, namespace: String) async throws(Failure)
    func update(
        _ id: String, resources: TypedPayload, annotations: [String: String], namespace: String
    ) async throws(Failure)
    /// The cgroup metrics message as the shim encoded it.
    func metrics(_ id: String, namespace: String) async throws(Failure) -> TypedPayload
    /// Returns when the process has exited; at once if it has.
    func wait(_ id: String, exec: String, namespace: String) async throws(Failure) -> TaskExit
}

package struct TaskIO: Hashable, Sendable {
    /// FIFO paths or URIs (`file://`, `binary://`); empty for /dev/null.
    package var stdin: String
    package var stdout: String
    package var stderr: String
    package var terminal: Bool

    package init(stdin: String = "", stdout: String = "", stderr: String = "", terminal: Bool = false) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.terminal = terminal
    }
}

package struct TaskCreation: Sendable {
    /// The container's record: id, runtime, spec.
    package var container: ContainerRecord
    /// Mounted by the shim below the bundle, in order.
    package var rootfs: [Mount]
    package var io: TaskIO
    /// Runtime options; overrides the record's.
    package var options: TypedPayload?
    /// Path of a checkpoint's directory; empty for none.
    package var checkpoint: String

    package init(
        container: ContainerRecord, rootfs: [Mount], io: TaskIO, options: TypedPayload? = nil, checkpoint: String = ""
    ) {
        self.container = container
        self.rootfs = rootfs
        self.io = io
        self.options = options
        self.checkpoint = checkpoint
    }
}

package struct ExecCreation: Sendable {
    package var id: String
    package var exec: String
    package var io: TaskIO
    /// The OCI process as JSON, typed as the client sent it.
    package var spec: TypedPayload

    package init(id: String, exec: String, io: TaskIO, spec: TypedPayload) {
        self.id = id
        self.exec = exec
        self.io = io
        self.spec = spec
    }
}

package struct TaskExit: Hashable, Sendable {
    package var id: String
    package var pid: UInt32
    package var status: UInt32
    package var exitedAt: Timestamp

    package init(id: String, pid: UInt32, status: UInt32, exitedAt: Timestamp) {
        self.id = id
        self.pid = pid
        self.status = status
        self.exitedAt = exitedAt
    }
}

/// A process of a task as its shim describes it. `containerd.v1.types.Process`.
package struct TaskProcess: Hashable, Sendable {
    /// With containerd's numbers.
    package enum Status: Int, Sendable {
        case unknown = 0
        case created = 1
        case running = 2
        case stopped = 3
        case paused = 4
        case pausing = 5
    }

    package var containerID: String
    /// The exec's id; the container's for its init.
    package var id: String
    package var pid: UInt32
    package var status: Status
    package var io: TaskIO
    package var exitStatus: UInt32
    package var exitedAt: Timestamp?

    package init(
        containerID: String, id: String, pid: UInt32, status: Status, io: TaskIO, exitStatus: UInt32 = 0,
        exitedAt: Timestamp? = nil
    ) {
        self.containerID = containerID
        self.id = id
        self.pid = pid
        self.status = status
        self.io = io
        self.exitStatus = exitStatus
        self.exitedAt = exitedAt
    }
}

package struct TaskPid: Hashable, Sendable {
    package var pid: UInt32
    package var info: TypedPayload?

    package init(pid: UInt32, info: TypedPayload? = nil) {
        self.pid = pid
        self.info = info
    }
}
