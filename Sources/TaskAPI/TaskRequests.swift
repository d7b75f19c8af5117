internal import CTaskAPI
internal import TTRPC

/// Names a process: the container's init when `execID` is empty.
package struct ProcessReference: Hashable, Sendable {
    package var id: String
    package var execID: String

    package init(id: String, execID: String = "") {
        self.id = id
        self.execID = execID
    }

    init(_ id: UnsafePointer<CChar>?, _ execID: UnsafePointer<CChar>?) {
        self.init(id: String(field: id), execID: String(field: execID))
    }
}

package struct CreateTaskRequest: Hashable, Sendable {
    package var id: String
    /// An absolute path.
    package var bundle: String
    package var rootfs: [RootfsMount]
    package var stdio: StdioRequest
    /// A directory to restore from; empty for a fresh container.
    package var checkpoint: String
    package var options: TypedValue?

    init(decoding payload: [UInt8]) throws(Status) {
        self = try decoding(payload, with: containerd__task__v2__create_task_request__unpack) { message in
            CreateTaskRequest(
                id: String(field: message.id), bundle: String(field: message.bundle),
                rootfs: (0..<message.n_rootfs).compactMap { message.rootfs[$0].map { RootfsMount($0.pointee) } },
                stdio: StdioRequest(
                    stdin: String(field: message.stdin), stdout: String(field: message.stdout),
                    stderr: String(field: message.stderr), terminal: message.terminal != 0),
                checkpoint: String(field: message.checkpoint), options: TypedValue(message.options))
        }
    }

    package init(
        id: String, bundle: String, rootfs: [RootfsMount], stdio: StdioRequest, checkpoint: String,
        options: TypedValue?
    ) {
        self.id = id
        self.bundle = bundle
        self.rootfs = rootfs
        self.stdio = stdio
        self.checkpoint = checkpoint
        self.options = options
    }
}

package struct ExecRequest: Hashable, Sendable {
    package var process: ProcessReference
    package var stdio: StdioRequest
    /// The process of the runtime specification, as JSON.
    package var spec: TypedValue?

    package init(process: ProcessReference, stdio: StdioRequest, spec: TypedValue?) {
        self.process = process
        self.stdio = stdio
        self.spec = spec
    }

    init(decoding payload: [UInt8]) throws(Status) {
        self = try decoding(payload, with: containerd__task__v2__exec_process_request__unpack) { message in
            ExecRequest(
                process: ProcessReference(message.id, message.exec_id),
                stdio: StdioRequest(
                    stdin: String(field: message.stdin), stdout: String(field: message.stdout),
                    stderr: String(field: message.stderr), terminal: message.terminal != 0),
                spec: TypedValue(message.spec))
        }
    }
}

package struct KillRequest: Hashable, Sendable {
    package var process: ProcessReference
    package var signal: UInt32
    /// Every process of the container.
    package var all: Bool

    package init(process: ProcessReference, signal: UInt32, all: Bool) {
        self.process = process
        self.signal = signal
        self.all = all
    }

    init(decoding payload: [UInt8]) throws(Status) {
        self = try decoding(payload, with: containerd__task__v2__kill_request__unpack) { message in
            KillRequest(
                process: ProcessReference(message.id, message.exec_id), signal: message.signal,
                all: message.all != 0)
        }
    }
}

package struct ResizeRequest: Hashable, Sendable {
    package var process: ProcessReference
    package var width: UInt32
    package var height: UInt32

    package init(process: ProcessReference, width: UInt32, height: UInt32) {
        self.process = process
        self.width = width
        self.height = height
    }

    init(decoding payload: [UInt8]) throws(Status) {
        self = try decoding(payload, with: containerd__task__v2__resize_pty_request__unpack) { message in
            ResizeRequest(
                process: ProcessReference(message.id, message.exec_id), width: message.width, height: message.height)
        }
    }
}
