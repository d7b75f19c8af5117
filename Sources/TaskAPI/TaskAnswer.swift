internal import CTaskAPI

/// What a task's process is doing, numbered as `containerd.v1.types.Status`.
package enum ProcessStatus: UInt32, Sendable {
    case unknown = 0
    case created = 1
    case running = 2
    case stopped = 3
    case paused = 4
    case pausing = 5
}

/// The end of a process.
package struct ProcessExit: Hashable, Sendable {
    /// The exit status, or 128 and the number of the signal that ended it.
    package var status: UInt32
    package var time: Instant

    package init(status: UInt32, time: Instant) {
        self.status = status
        self.time = time
    }
}

/// The answer to one call of the Task service.
package enum TaskAnswer: Hashable, Sendable {
    package struct State: Hashable, Sendable {
        package var id: String
        package var bundle: String
        package var pid: UInt32
        package var status: ProcessStatus
        package var stdio: StdioRequest
        package var exit: ProcessExit?
        package var execID: String

        package init(
            id: String, bundle: String, pid: UInt32, status: ProcessStatus, stdio: StdioRequest, exit: ProcessExit?,
            execID: String
        ) {
            self.id = id
            self.bundle = bundle
            self.pid = pid
            self.status = status
            self.stdio = stdio
            self.exit = exit
            self.execID = execID
        }
    }

    /// A process of the container; of the shim's own it knows the exec's name.
    package struct ProcessInfo: Hashable, Sendable {
        package var pid: UInt32
        package var execID: String?

        package init(pid: UInt32, execID: String?) {
            self.pid = pid
            self.execID = execID
        }
    }

    case empty
    case created(pid: UInt32)
    case started(pid: UInt32)
    case deleted(pid: UInt32, exit: ProcessExit)
    case exited(ProcessExit)
    case state(State)
    case pids([ProcessInfo])
    case stats(TypedValue)
    case connected(shim: UInt32, task: UInt32, version: String)

    package func encoded() -> [UInt8] {
        switch self {
        case .empty: []
        case .created(let pid):
            encoding(Containerd__Task__V2__CreateTaskResponse(), containerd__task__v2__create_task_response__init) {
                message, _ in message.pid = pid
            }
        case .started(let pid):
            encoding(Containerd__Task__V2__StartResponse(), containerd__task__v2__start_response__init) {
                message, _ in message.pid = pid
            }
        case .deleted(let pid, let exit):
            encoding(Containerd__Task__V2__DeleteResponse(), containerd__task__v2__delete_response__init) {
                $0.pid = pid
                $0.exit_status = exit.status
                $0.exited_at = $1.timestamp(exit.time)
            }
        case .exited(let exit):
            encoding(Containerd__Task__V2__WaitResponse(), containerd__task__v2__wait_response__init) {
                $0.exit_status = exit.status
                $0.exited_at = $1.timestamp(exit.time)
            }
        case .state(let state): state.encoded()
        case .pids(let processes): Self.encode(processes)
        case .stats(let stats):
            encoding(Containerd__Task__V2__StatsResponse(), containerd__task__v2__stats_response__init) {
                $0.stats = $1.any(stats)
            }
        case .connected(let shim, let task, let version):
            encoding(Containerd__Task__V2__ConnectResponse(), containerd__task__v2__connect_response__init) {
                $0.shim_pid = shim
                $0.task_pid = task
                $0.version = $1.string(version)
            }
        }
    }

    private static func encode(_ processes: [ProcessInfo]) -> [UInt8] {
        encoding(Containerd__Task__V2__PidsResponse(), containerd__task__v2__pids_response__init) { message, arena in
            let entries = processes.map { process in
                arena.message(Containerd__V1__Types__ProcessInfo(), containerd__v1__types__process_info__init) {
                    $0.pid = process.pid
                    guard let execID = process.execID else { return }
                    let details = encoding(
                        Containerd__Runc__V1__ProcessDetails(), containerd__runc__v1__process_details__init
                    ) {
                        $0.exec_id = $1.string(execID)
                    }
                    $0.info = arena.any(TypedValue(typeURL: TypeName.processDetails, value: details))
                }
            }
            message.n_processes = entries.count
            message.processes = arena.list(entries)
        }
    }
}

extension TaskAnswer.State {
    func encoded() -> [UInt8] {
        encoding(Containerd__Task__V2__StateResponse(), containerd__task__v2__state_response__init) {
            $0.id = $1.string(id)
            $0.bundle = $1.string(bundle)
            $0.pid = pid
            $0.status = Containerd__V1__Types__Status(rawValue: status.rawValue)
            $0.stdin = $1.string(stdio.stdin)
            $0.stdout = $1.string(stdio.stdout)
            $0.stderr = $1.string(stdio.stderr)
            $0.terminal = stdio.terminal ? 1 : 0
            $0.exit_status = exit?.status ?? 0
            $0.exited_at = $1.timestamp(exit?.time)
            $0.exec_id = $1.string(execID)
        }
    }
}
