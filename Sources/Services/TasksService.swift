package import ContainerdAPI
package import GRPCCore
package import Model
package import SwiftProtobuf
internal import Wire

/// Running containers. `containerd.services.tasks.v1`; creation and metrics are in files of their own.
package struct TasksService: Containerd_Services_Tasks_V1_Tasks.ServiceProtocol {
    let tasks: any TaskRuntime
    let containers: any ContainerStore
    let snapshotters: SnapshotterTable

    package init(tasks: any TaskRuntime, containers: any ContainerStore, snapshotters: SnapshotterTable) {
        self.tasks = tasks
        self.containers = containers
        self.snapshotters = snapshotters
    }

    package func start(
        request: ServerRequest<Containerd_Services_Tasks_V1_StartRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_StartResponse> {
        let pid = try await tasks.start(
            request.message.containerID, exec: request.message.execID, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.pid = pid })
    }

    package func delete(
        request: ServerRequest<Containerd_Services_Tasks_V1_DeleteTaskRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_DeleteResponse> {
        let exit = try await tasks.delete(
            request.message.containerID, namespace: try request.metadata.namespace())
        return ServerResponse(message: exit.deletion)
    }

    package func deleteProcess(
        request: ServerRequest<Containerd_Services_Tasks_V1_DeleteProcessRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_DeleteResponse> {
        let exit = try await tasks.deleteProcess(
            request.message.containerID, exec: request.message.execID, namespace: try request.metadata.namespace())
        return ServerResponse(message: exit.deletion)
    }

    package func get(
        request: ServerRequest<Containerd_Services_Tasks_V1_GetRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_GetResponse> {
        let process = try await tasks.state(
            request.message.containerID, exec: request.message.execID, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.process = process.wire })
    }

    package func list(
        request: ServerRequest<Containerd_Services_Tasks_V1_ListTasksRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_ListTasksResponse> {
        // containerd has never given the request's filter a meaning.
        let processes = try await tasks.list(namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.tasks = processes.map(\.wire) })
    }

    package func kill(
        request: ServerRequest<Containerd_Services_Tasks_V1_KillRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let message = request.message
        try await tasks.kill(
            message.containerID, exec: message.execID, signal: message.signal, all: message.all,
            namespace: try request.metadata.namespace())
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func exec(
        request: ServerRequest<Containerd_Services_Tasks_V1_ExecProcessRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let (message, namespace) = (request.message, try request.metadata.namespace())
        guard !message.execID.isEmpty else {
            throw Failure.invalid("task \"\(message.containerID)\": exec without an exec id")
        }
        try Identifier.check(message.execID, "exec")
        let io = TaskIO(
            stdin: message.stdin, stdout: message.stdout, stderr: message.stderr, terminal: message.terminal)
        try await tasks.exec(
            ExecCreation(id: message.containerID, exec: message.execID, io: io, spec: TypedPayload(message.spec)),
            namespace: namespace)
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func resizePty(
        request: ServerRequest<Containerd_Services_Tasks_V1_ResizePtyRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let message = request.message
        try await tasks.resize(
            message.containerID, exec: message.execID, width: message.width, height: message.height,
            namespace: try request.metadata.namespace())
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func closeIO(
        request: ServerRequest<Containerd_Services_Tasks_V1_CloseIORequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let (message, namespace) = (request.message, try request.metadata.namespace())
        // Standard input is all that can be closed.
        if message.stdin {
            try await tasks.closeInput(message.containerID, exec: message.execID, namespace: namespace)
        } else {
            _ = try await tasks.state(message.containerID, exec: message.execID, namespace: namespace)
        }
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func pause(
        request: ServerRequest<Containerd_Services_Tasks_V1_PauseTaskRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        try await tasks.pause(request.message.containerID, namespace: try request.metadata.namespace())
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func resume(
        request: ServerRequest<Containerd_Services_Tasks_V1_ResumeTaskRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        try await tasks.resume(request.message.containerID, namespace: try request.metadata.namespace())
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func listPids(
        request: ServerRequest<Containerd_Services_Tasks_V1_ListPidsRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_ListPidsResponse> {
        let pids = try await tasks.pids(request.message.containerID, namespace: try request.metadata.namespace())
        return ServerResponse(message: .with { $0.processes = pids.map(\.wire) })
    }

    package func update(
        request: ServerRequest<Containerd_Services_Tasks_V1_UpdateTaskRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let message = request.message
        try await tasks.update(
            message.containerID, resources: TypedPayload(message.resources), annotations: message.annotations,
            namespace: try request.metadata.namespace())
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func wait(
        request: ServerRequest<Containerd_Services_Tasks_V1_WaitRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_WaitResponse> {
        let (message, namespace) = (request.message, try request.metadata.namespace())
        let exit: TaskExit
        do {
            exit = try await untilClientIsLost {
                try await tasks.wait(message.containerID, exec: message.execID, namespace: namespace)
            }
        } catch let failure as Failure where failure.code == .cancelled {
            // A client that still hears this has not gone: the supervisor ends, and the container goes on.
            throw Failure(.unavailable, "task \"\(message.containerID)\": the supervisor ends; wait again")
        }
        return ServerResponse(
            message: .with {
                $0.exitStatus = exit.status
                $0.exitedAt = exit.exitedAt.wire
            })
    }
}
