internal import CTaskAPI
package import TTRPC

/// One call of the Task service. Versions 2 and 3 of the service differ in name only.
package enum TaskCall: Hashable, Sendable {
    case state(ProcessReference)
    case create(CreateTaskRequest)
    case start(ProcessReference)
    case delete(ProcessReference)
    case pids(id: String)
    case pause(id: String)
    case resume(id: String)
    case checkpoint(CheckpointRequest)
    case kill(KillRequest)
    case exec(ExecRequest)
    case resize(ResizeRequest)
    case closeIO(ProcessReference, stdin: Bool)
    case update(id: String, resources: TypedValue?)
    case wait(ProcessReference)
    case stats(id: String)
    case connect(id: String)
    case shutdown(id: String, now: Bool)

    package static let services = ["containerd.task.v2.Task", "containerd.task.v3.Task"]

    /// Reads a request of one of `services`.
    /// - Throws: `unimplemented` for a method or service that is not there, `invalidArgument` for bytes that are no
    ///   such message.
    package init(_ request: Request) throws(Status) {
        guard Self.services.contains(request.service) else {
            throw Status(.unimplemented, "service \"\(request.service)\" is not served here")
        }
        self = try Self.decode(request.method, request.payload)
    }

    private static func decode(_ method: String, _ payload: [UInt8]) throws(Status) -> TaskCall {
        switch method {
        case "Create": .create(try CreateTaskRequest(decoding: payload))
        case "Exec": .exec(try ExecRequest(decoding: payload))
        case "Kill": .kill(try KillRequest(decoding: payload))
        case "ResizePty": .resize(try ResizeRequest(decoding: payload))
        case "State":
            .state(
                try decoding(payload, with: containerd__task__v2__state_request__unpack) {
                    ProcessReference($0.id, $0.exec_id)
                })
        case "Start":
            .start(
                try decoding(payload, with: containerd__task__v2__start_request__unpack) {
                    ProcessReference($0.id, $0.exec_id)
                })
        case "Delete":
            .delete(
                try decoding(payload, with: containerd__task__v2__delete_request__unpack) {
                    ProcessReference($0.id, $0.exec_id)
                })
        case "Wait":
            .wait(
                try decoding(payload, with: containerd__task__v2__wait_request__unpack) {
                    ProcessReference($0.id, $0.exec_id)
                })
        case "CloseIO":
            try decoding(payload, with: containerd__task__v2__close_iorequest__unpack) {
                .closeIO(ProcessReference($0.id, $0.exec_id), stdin: $0.stdin != 0)
            }
        case "Update":
            try decoding(payload, with: containerd__task__v2__update_task_request__unpack) {
                .update(id: String(field: $0.id), resources: TypedValue($0.resources))
            }
        case "Shutdown":
            try decoding(payload, with: containerd__task__v2__shutdown_request__unpack) {
                .shutdown(id: String(field: $0.id), now: $0.now != 0)
            }
        default: try decodeContainerCall(method, payload)
        }
    }

    /// The calls that name a container and nothing else.
    private static func decodeContainerCall(_ method: String, _ payload: [UInt8]) throws(Status) -> TaskCall {
        switch method {
        case "Pids":
            .pids(id: try decoding(payload, with: containerd__task__v2__pids_request__unpack) { String(field: $0.id) })
        case "Pause":
            .pause(
                id: try decoding(payload, with: containerd__task__v2__pause_request__unpack) { String(field: $0.id) })
        case "Resume":
            .resume(
                id: try decoding(payload, with: containerd__task__v2__resume_request__unpack) { String(field: $0.id) })
        case "Stats":
            .stats(
                id: try decoding(payload, with: containerd__task__v2__stats_request__unpack) { String(field: $0.id) })
        case "Connect":
            .connect(
                id: try decoding(payload, with: containerd__task__v2__connect_request__unpack) { String(field: $0.id) })
        case "Checkpoint":
            .checkpoint(try CheckpointRequest(decoding: payload))
        default: throw Status(.unimplemented, "method \"\(method)\" is not served here")
        }
    }
}
