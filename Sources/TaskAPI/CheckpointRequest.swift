internal import CTaskAPI
internal import TTRPC

/// Asks for a container's state to be written to a directory. See `containerd.runc.v1.CheckpointOptions`.
package struct CheckpointRequest: Hashable, Sendable {
    package var id: String
    /// Where the images go, an absolute path.
    package var path: String
    /// Whether the container is stopped then.
    package var exits = false
    package var openTCP = false
    package var externalUnixSockets = false
    package var terminal = false
    package var fileLocks = false
    package var emptyNamespaces: [String] = []
    /// `soft`, `full`, `strict`, `ignore`, or empty for criu's default.
    package var cgroupsMode = ""
    /// Where logs go; empty for beside the images.
    package var workPath = ""
    /// The images of an earlier checkpoint, as a path from the new ones; empty for none.
    package var parentPath = ""

    package init(id: String, path: String) {
        self.id = id
        self.path = path
    }

    init(decoding payload: [UInt8]) throws(Status) {
        let (id, path, options) = try decoding(
            payload, with: containerd__task__v2__checkpoint_task_request__unpack
        ) { message in
            (String(field: message.id), String(field: message.path), TypedValue(message.options))
        }
        self.init(id: id, path: path)
        if let options { try read(options) }
    }

    private mutating func read(_ options: TypedValue) throws(Status) {
        guard options.typeName == TypeName.checkpointOptions else {
            throw Status(
                .invalidArgument,
                "checkpoint options \"\(options.typeURL)\": expected \"\(TypeName.checkpointOptions)\"")
        }
        self = try decoding(options.value, with: containerd__runc__v1__checkpoint_options__unpack) { message in
            var request = self
            request.exits = message.exit != 0
            request.openTCP = message.open_tcp != 0
            request.externalUnixSockets = message.external_unix_sockets != 0
            request.terminal = message.terminal != 0
            request.fileLocks = message.file_locks != 0
            request.emptyNamespaces = (0..<message.n_empty_namespaces).map {
                String(field: message.empty_namespaces[$0])
            }
            request.cgroupsMode = String(field: message.cgroups_mode)
            let imagePath = String(field: message.image_path)
            if !imagePath.isEmpty { request.path = imagePath }
            request.workPath = String(field: message.work_path)
            request.parentPath = String(field: message.parent_path)
            return request
        }
    }
}
