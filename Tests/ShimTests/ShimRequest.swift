import TaskAPI

/// Requests of the Task service, encoded.
enum ShimRequest {
    /// A request that names a container and perhaps an exec.
    static func process(_ id: String, _ execID: String = "") -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.text(2, execID)
        return writer.bytes
    }

    static func shutdown(_ id: String, now: Bool = false) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.number(2, now ? 1 : 0)
        return writer.bytes
    }

    /// - Parameter options: writes a message of containerd.runc.v1.Options.
    static func create(
        _ id: String, bundle: String, stdio: StdioRequest = StdioRequest(), checkpoint: String = "",
        options: ((inout MessageWriter) -> Void)? = nil
    ) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.text(2, bundle)
        writer.text(8, checkpoint)
        writer.number(4, stdio.terminal ? 1 : 0)
        writer.text(5, stdio.stdin)
        writer.text(6, stdio.stdout)
        writer.text(7, stdio.stderr)
        if let options {
            writer.message(10) {
                $0.text(1, TypeName.runtimeOptions)
                $0.message(2, options)
            }
        }
        return writer.bytes
    }

    /// - Parameter exits: whether the container ends with it.
    static func checkpoint(_ id: String, to path: String, exits: Bool) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.text(2, path)
        writer.message(3) {
            $0.text(1, TypeName.checkpointOptions)
            $0.message(2) { $0.number(1, exits ? 1 : 0) }
        }
        return writer.bytes
    }

    static func exec(_ id: String, _ execID: String, spec: String, stdio: StdioRequest = StdioRequest()) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.text(2, execID)
        writer.number(3, stdio.terminal ? 1 : 0)
        writer.text(4, stdio.stdin)
        writer.text(5, stdio.stdout)
        writer.text(6, stdio.stderr)
        writer.message(7) {
            $0.text(1, TypeName.process)
            $0.text(2, spec)
        }
        return writer.bytes
    }

    static func kill(_ id: String, _ execID: String = "", signal: UInt64, all: Bool = false) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.text(2, execID)
        writer.number(3, signal)
        writer.number(4, all ? 1 : 0)
        return writer.bytes
    }

    static func closeStdin(_ id: String, _ execID: String = "") -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.text(2, execID)
        writer.number(3, 1)
        return writer.bytes
    }

    static func resize(_ id: String, _ execID: String = "", width: UInt64, height: UInt64) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.text(2, execID)
        writer.number(3, width)
        writer.number(4, height)
        return writer.bytes
    }

    static func update(_ id: String, resources: String) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.message(2) {
            $0.text(1, TypeName.resources)
            $0.text(2, resources)
        }
        return writer.bytes
    }
}
