internal import ContainerdAPI
internal import ContainerdTypes
internal import Model
internal import SwiftProtobuf
internal import Wire

extension TaskExit {
    var deletion: Containerd_Services_Tasks_V1_DeleteResponse {
        .with {
            $0.id = id
            $0.pid = pid
            $0.exitStatus = status
            $0.exitedAt = exitedAt.wire
        }
    }
}

extension TaskProcess {
    var wire: Containerd_V1_Types_Process {
        .with {
            $0.containerID = containerID
            $0.id = id
            $0.pid = pid
            $0.status = Containerd_V1_Types_Status(rawValue: status.rawValue) ?? .unknown
            $0.stdin = io.stdin
            $0.stdout = io.stdout
            $0.stderr = io.stderr
            $0.terminal = io.terminal
            $0.exitStatus = exitStatus
            if let exitedAt { $0.exitedAt = exitedAt.wire }
        }
    }
}

extension TaskPid {
    var wire: Containerd_V1_Types_ProcessInfo {
        .with {
            $0.pid = pid
            if let info { $0.info = info.wire }
        }
    }
}
