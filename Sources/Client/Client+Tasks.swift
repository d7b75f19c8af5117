internal import ContainerdAPI
internal import ContainerdTypes
internal import FoundationEssentials
package import Model
internal import SwiftProtobuf
internal import Wire

extension Client {
    private var tasks: Containerd_Services_Tasks_V1_Tasks.Client<Transport> { .init(wrapping: grpc) }

    /// - Returns: the init process's pid; it waits to be started.
    package func createTask(_ id: String, rootfs: [Model.Mount], io: Model.TaskIO) async throws(Failure) -> UInt32 {
        try await call {
            try await tasks.create(
                .with {
                    $0.containerID = id
                    $0.rootfs = rootfs.map(\.wire)
                    $0.stdin = io.stdin
                    $0.stdout = io.stdout
                    $0.stderr = io.stderr
                    $0.terminal = io.terminal
                }, metadata: metadata
            ).pid
        }
    }

    /// - Parameter exec: empty for the container's init.
    @discardableResult
    package func start(_ id: String, exec: String = "") async throws(Failure) -> UInt32 {
        try await call {
            try await tasks.start(
                .with {
                    $0.containerID = id
                    $0.execID = exec
                }, metadata: metadata
            ).pid
        }
    }

    /// Waits until the process has exited. - Returns: its exit status.
    package func wait(_ id: String, exec: String = "") async throws(Failure) -> UInt32 {
        try await call {
            try await tasks.wait(
                .with {
                    $0.containerID = id
                    $0.execID = exec
                }, metadata: metadata
            ).exitStatus
        }
    }

    @discardableResult
    package func deleteTask(_ id: String) async throws(Failure) -> UInt32 {
        try await call { try await tasks.delete(.with { $0.containerID = id }, metadata: metadata).exitStatus }
    }

    @discardableResult
    package func deleteProcess(_ id: String, exec: String) async throws(Failure) -> UInt32 {
        try await call {
            try await tasks.deleteProcess(
                .with {
                    $0.containerID = id
                    $0.execID = exec
                }, metadata: metadata
            ).exitStatus
        }
    }

    package func kill(_ id: String, exec: String = "", signal: UInt32, all: Bool = false) async throws(Failure) {
        try await call {
            _ = try await tasks.kill(
                .with {
                    $0.containerID = id
                    $0.execID = exec
                    $0.signal = signal
                    $0.all = all
                }, metadata: metadata)
        }
    }

    /// - Parameter process: the OCI process as JSON.
    package func exec(_ id: String, exec: String, process: [UInt8], io: Model.TaskIO) async throws(Failure) {
        try await call {
            _ = try await tasks.exec(
                .with {
                    $0.containerID = id
                    $0.execID = exec
                    $0.stdin = io.stdin
                    $0.stdout = io.stdout
                    $0.stderr = io.stderr
                    $0.terminal = io.terminal
                    $0.spec = .with {
                        $0.typeURL = "types.containerd.io/opencontainers/runtime-spec/1/Process"
                        $0.value = Data(process)
                    }
                }, metadata: metadata)
        }
    }

    package func resize(_ id: String, exec: String = "", width: UInt32, height: UInt32) async throws(Failure) {
        try await call {
            _ = try await tasks.resizePty(
                .with {
                    $0.containerID = id
                    $0.execID = exec
                    $0.width = width
                    $0.height = height
                }, metadata: metadata)
        }
    }

    package func closeInput(_ id: String, exec: String = "") async throws(Failure) {
        try await call {
            _ = try await tasks.closeIO(
                .with {
                    $0.containerID = id
                    $0.execID = exec
                    $0.stdin = true
                }, metadata: metadata)
        }
    }

    package func listTasks() async throws(Failure) -> [TaskProcess] {
        try await call { try await tasks.list(.init(), metadata: metadata).tasks.map(TaskProcess.init) }
    }

    /// The container's task; nil when it has none.
    package func findTask(_ id: String) async throws(Failure) -> TaskProcess? {
        do throws(Failure) {
            return try await task(id)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    package func task(_ id: String) async throws(Failure) -> TaskProcess {
        try await call {
            TaskProcess(try await tasks.get(.with { $0.containerID = id }, metadata: metadata).process)
        }
    }
}

extension TaskProcess {
    init(_ wire: Containerd_V1_Types_Process) {
        // containerd fills in `id` alone when it lists.
        self.init(
            containerID: wire.containerID.isEmpty ? wire.id : wire.containerID, id: wire.id, pid: wire.pid,
            status: Status(rawValue: wire.status.rawValue) ?? .unknown,
            io: TaskIO(stdin: wire.stdin, stdout: wire.stdout, stderr: wire.stderr, terminal: wire.terminal),
            exitStatus: wire.exitStatus, exitedAt: wire.hasExitedAt ? Timestamp(wire.exitedAt) : nil)
    }
}
