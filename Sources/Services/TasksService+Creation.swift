package import ContainerdAPI
internal import ContainerdTypes
package import GRPCCore
internal import ImageSpec
internal import Model
internal import SwiftProtobuf
internal import Wire

extension TasksService {
    package func create(
        request: ServerRequest<Containerd_Services_Tasks_V1_CreateTaskRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_CreateTaskResponse> {
        let (message, scope) = (request.message, try request.metadata.scope())
        var container = try await containers.get(message.containerID, namespace: scope.namespace)
        guard !message.hasCheckpoint || message.checkpoint.digest.isEmpty else {
            throw Failure(
                .unimplemented,
                "task \"\(container.id)\": restoring checkpoint \"\(message.checkpoint.digest)\" is not supported")
        }
        if !message.runtimePath.isEmpty { container.runtime.name = message.runtimePath }
        let rootfs =
            message.rootfs.isEmpty ? try await mounts(of: container, in: scope) : message.rootfs.map { Mount($0) }
        let creation = TaskCreation(
            container: container, rootfs: rootfs,
            io: TaskIO(
                stdin: message.stdin, stdout: message.stdout, stderr: message.stderr, terminal: message.terminal),
            options: message.hasOptions ? TypedPayload(message.options) : nil,
            checkpoint: try Self.restoredImages(message))
        let pid = try await untilClientIsLost { try await tasks.create(creation, namespace: scope.namespace) }
        return ServerResponse(
            message: .with {
                $0.containerID = creation.container.id
                $0.pid = pid
            })
    }

    /// The directory of a checkpoint's images that runc's options name; empty for none, or for another runtime's options.
    private static func restoredImages(
        _ message: Containerd_Services_Tasks_V1_CreateTaskRequest
    ) throws(Failure) -> String {
        let name = message.options.typeURL.split(separator: "/").last ?? ""
        guard message.hasOptions, name == Containerd_Runc_V1_Options.protoMessageName else { return "" }
        do {
            return try Containerd_Runc_V1_Options(serializedBytes: message.options.value).criuImagePath
        } catch {
            throw Failure(
                .invalidArgument, "task \"\(message.containerID)\": runtime options are malformed", cause: error)
        }
    }

    /// The mounts of the container's snapshot; none for a container without one, whose spec then has its root.
    private func mounts(of container: ContainerRecord, in scope: Scope) async throws(Failure) -> [Mount] {
        guard !container.snapshotKey.isEmpty else { return [] }
        let driver = try await snapshotters.find(container.snapshotter, namespace: scope.namespace)
        return try await driver.mounts(container.snapshotKey, in: scope)
    }

    package func checkpoint(
        request: ServerRequest<Containerd_Services_Tasks_V1_CheckpointTaskRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_CheckpointTaskResponse> {
        let (message, namespace) = (request.message, try request.metadata.namespace())
        _ = try await containers.get(message.containerID, namespace: namespace)
        let options = try Self.checkpointOptions(message)
        guard !options.imagePath.isEmpty else {
            throw Failure(
                .unimplemented,
                "task \"\(message.containerID)\": a checkpoint into the content store is not supported: give an image path"
            )
        }
        try await tasks.checkpoint(
            message.containerID, path: options.imagePath, options: TypedPayload(message.options), namespace: namespace)
        return ServerResponse(message: Containerd_Services_Tasks_V1_CheckpointTaskResponse())
    }

    private static func checkpointOptions(
        _ message: Containerd_Services_Tasks_V1_CheckpointTaskRequest
    ) throws(Failure) -> Containerd_Runc_V1_CheckpointOptions {
        guard message.hasOptions else { return Containerd_Runc_V1_CheckpointOptions() }
        let name = message.options.typeURL.split(separator: "/").last ?? ""
        guard name == Containerd_Runc_V1_CheckpointOptions.protoMessageName else {
            throw .invalid("task \"\(message.containerID)\": checkpoint options of type \"\(message.options.typeURL)\"")
        }
        do {
            return try Containerd_Runc_V1_CheckpointOptions(serializedBytes: message.options.value)
        } catch {
            throw Failure(
                .invalidArgument, "task \"\(message.containerID)\": checkpoint options are malformed", cause: error)
        }
    }
}
