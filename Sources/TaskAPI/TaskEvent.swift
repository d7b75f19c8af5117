internal import CTaskAPI
package import TTRPC

/// What the shim reports to the daemon about a container.
package enum TaskEvent: Hashable, Sendable {
    case create(id: String, bundle: String, rootfs: [RootfsMount], stdio: StdioRequest, pid: UInt32)
    case start(id: String, pid: UInt32)
    /// `process` is the exec's name, or the container's own for its init.
    case exit(id: String, process: String, pid: UInt32, ProcessExit)
    case delete(id: String, process: String, pid: UInt32, ProcessExit)
    case outOfMemory(id: String)
    case execAdded(id: String, execID: String)
    case execStarted(id: String, execID: String, pid: UInt32)
    case paused(id: String)
    case resumed(id: String)

    package var topic: String {
        switch self {
        case .create: "/tasks/create"
        case .start: "/tasks/start"
        case .exit: "/tasks/exit"
        case .delete: "/tasks/delete"
        case .outOfMemory: "/tasks/oom"
        case .execAdded: "/tasks/exec-added"
        case .execStarted: "/tasks/exec-started"
        case .paused: "/tasks/paused"
        case .resumed: "/tasks/resumed"
        }
    }

    /// The message, with its type's full name.
    package func encoded() -> TypedValue {
        switch self {
        case .create(let id, let bundle, let rootfs, let stdio, let pid):
            TypedValue(
                typeURL: "containerd.events.TaskCreate",
                value: Self.encodeCreate(id: id, bundle: bundle, rootfs: rootfs, stdio: stdio, pid: pid))
        case .exit(let id, let process, let pid, let exit):
            TypedValue(
                typeURL: "containerd.events.TaskExit",
                value: encoding(Containerd__Events__TaskExit(), containerd__events__task_exit__init) {
                    $0.container_id = $1.string(id)
                    $0.id = $1.string(process)
                    $0.pid = pid
                    $0.exit_status = exit.status
                    $0.exited_at = $1.timestamp(exit.time)
                })
        case .delete(let id, let process, let pid, let exit):
            TypedValue(
                typeURL: "containerd.events.TaskDelete",
                value: encoding(Containerd__Events__TaskDelete(), containerd__events__task_delete__init) {
                    $0.container_id = $1.string(id)
                    $0.id = $1.string(process)
                    $0.pid = pid
                    $0.exit_status = exit.status
                    $0.exited_at = $1.timestamp(exit.time)
                })
        default: encodedShort()
        }
    }

    private func encodedShort() -> TypedValue {
        switch self {
        case .start(let id, let pid):
            TypedValue(
                typeURL: "containerd.events.TaskStart",
                value: encoding(Containerd__Events__TaskStart(), containerd__events__task_start__init) {
                    $0.container_id = $1.string(id)
                    $0.pid = pid
                })
        case .outOfMemory(let id):
            TypedValue(
                typeURL: "containerd.events.TaskOOM",
                value: encoding(Containerd__Events__TaskOOM(), containerd__events__task_oom__init) {
                    $0.container_id = $1.string(id)
                })
        case .execAdded(let id, let execID):
            TypedValue(
                typeURL: "containerd.events.TaskExecAdded",
                value: encoding(Containerd__Events__TaskExecAdded(), containerd__events__task_exec_added__init) {
                    $0.container_id = $1.string(id)
                    $0.exec_id = $1.string(execID)
                })
        case .execStarted(let id, let execID, let pid):
            TypedValue(
                typeURL: "containerd.events.TaskExecStarted",
                value: encoding(Containerd__Events__TaskExecStarted(), containerd__events__task_exec_started__init) {
                    $0.container_id = $1.string(id)
                    $0.exec_id = $1.string(execID)
                    $0.pid = pid
                })
        case .paused(let id):
            TypedValue(
                typeURL: "containerd.events.TaskPaused",
                value: encoding(Containerd__Events__TaskPaused(), containerd__events__task_paused__init) {
                    $0.container_id = $1.string(id)
                })
        case .resumed(let id):
            TypedValue(
                typeURL: "containerd.events.TaskResumed",
                value: encoding(Containerd__Events__TaskResumed(), containerd__events__task_resumed__init) {
                    $0.container_id = $1.string(id)
                })
        case .create, .exit, .delete: encoded()
        }
    }

    private static func encodeCreate(
        id: String, bundle: String, rootfs: [RootfsMount], stdio: StdioRequest, pid: UInt32
    ) -> [UInt8] {
        encoding(Containerd__Events__TaskCreate(), containerd__events__task_create__init) { message, arena in
            message.container_id = arena.string(id)
            message.bundle = arena.string(bundle)
            message.n_rootfs = rootfs.count
            message.rootfs = arena.mounts(rootfs)
            message.io = arena.message(Containerd__Events__TaskIO(), containerd__events__task_io__init) {
                $0.stdin = arena.string(stdio.stdin)
                $0.stdout = arena.string(stdio.stdout)
                $0.stderr = arena.string(stdio.stderr)
                $0.terminal = stdio.terminal ? 1 : 0
            }
            message.pid = pid
        }
    }

    /// The call that hands the event to the daemon.
    package func forward(namespace: String, at time: Instant) -> Request {
        let event = encoded()
        let payload = encoding(
            Containerd__Services__Events__Ttrpc__V1__ForwardRequest(),
            containerd__services__events__ttrpc__v1__forward_request__init
        ) { message, arena in
            message.envelope = arena.message(Containerd__Types__Envelope(), containerd__types__envelope__init) {
                $0.timestamp = arena.timestamp(time)
                $0.namespace_ = arena.string(namespace)
                $0.topic = arena.string(topic)
                $0.event = arena.any(event)
            }
        }
        return Request(
            service: "containerd.services.events.ttrpc.v1.Events", method: "Forward", payload: payload,
            metadata: [Request.Metadata(key: "containerd-namespace-ttrpc", value: namespace)])
    }
}
