internal import CTaskAPI

/// The answer to one call of the Sandbox service.
package enum SandboxAnswer: Hashable, Sendable {
    package struct State: Hashable, Sendable {
        package var id: String
        /// The sandbox's process.
        package var pid: UInt32
        /// As the CRI names it.
        package var name: String
        package var created: Instant
        package var exit: ProcessExit?

        package init(id: String, pid: UInt32, name: String, created: Instant, exit: ProcessExit?) {
            self.id = id
            self.pid = pid
            self.name = name
            self.created = created
            self.exit = exit
        }
    }

    case empty
    case started(pid: UInt32, created: Instant)
    /// - Parameter architecture: by Go's name for it.
    case platform(architecture: String)
    case exited(ProcessExit)
    case state(State)
    /// - Parameter data: what was measured; nil while there is nothing to measure.
    case metrics(id: String, time: Instant, data: TypedValue?)

    package func encoded() -> [UInt8] {
        switch self {
        case .empty: []
        case .started(let pid, let created):
            encoding(
                Containerd__Runtime__Sandbox__V1__StartSandboxResponse(),
                containerd__runtime__sandbox__v1__start_sandbox_response__init
            ) {
                $0.pid = pid
                $0.created_at = $1.timestamp(created)
            }
        case .platform(let architecture):
            encoding(
                Containerd__Runtime__Sandbox__V1__PlatformResponse(),
                containerd__runtime__sandbox__v1__platform_response__init
            ) { message, arena in
                message.platform = arena.message(Containerd__Types__Platform(), containerd__types__platform__init) {
                    $0.os = arena.string("linux")
                    $0.architecture = arena.string(architecture)
                }
            }
        case .exited(let exit):
            encoding(
                Containerd__Runtime__Sandbox__V1__WaitSandboxResponse(),
                containerd__runtime__sandbox__v1__wait_sandbox_response__init
            ) {
                $0.exit_status = exit.status
                $0.exited_at = $1.timestamp(exit.time)
            }
        case .state(let state):
            encoding(
                Containerd__Runtime__Sandbox__V1__SandboxStatusResponse(),
                containerd__runtime__sandbox__v1__sandbox_status_response__init
            ) {
                $0.sandbox_id = $1.string(state.id)
                $0.pid = state.pid
                $0.state = $1.string(state.name)
                $0.created_at = $1.timestamp(state.created)
                $0.exited_at = $1.timestamp(state.exit?.time)
            }
        case .metrics(let id, let time, let data):
            encoding(
                Containerd__Runtime__Sandbox__V1__SandboxMetricsResponse(),
                containerd__runtime__sandbox__v1__sandbox_metrics_response__init
            ) { message, arena in
                message.metrics = arena.message(Containerd__Types__Metric(), containerd__types__metric__init) {
                    $0.timestamp = arena.timestamp(time)
                    $0.id = arena.string(id)
                    $0.data = data.map { arena.any($0) }
                }
            }
        }
    }
}
