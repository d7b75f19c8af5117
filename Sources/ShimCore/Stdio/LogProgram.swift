internal import Kernel
internal import TTRPC

/// A program that takes a container's output: `binary://`.
///
/// It finds standard output at descriptor 3, standard error at 4, and closes descriptor 5, or writes to it, once it is
/// ready; its environment is CONTAINER_ID and CONTAINER_NAMESPACE, and nothing else. It ends by itself when both pipes
/// have ended.
struct LogProgram: ~Copyable {
    /// Where the process's output is to be written.
    let stdout: FileDescriptor
    let stderr: FileDescriptor

    /// How long the program may take to say that it is ready, in milliseconds.
    private static let patience: Int32 = 10_000

    /// Starts it and waits until it is ready.
    init(path: String, arguments: [String], id: String, namespace: String) throws(Status) {
        do {
            self = try Self.start(
                path, arguments: arguments, environment: ["CONTAINER_ID=\(id)", "CONTAINER_NAMESPACE=\(namespace)"])
        } catch {
            throw Status(.unavailable, "log driver \"\(path)\": \(error)")
        }
    }

    private init(stdout: consuming FileDescriptor, stderr: consuming FileDescriptor) {
        self.stdout = stdout
        self.stderr = stderr
    }

    private static func start(
        _ path: String, arguments: [String], environment: [String]
    ) throws(SystemCallError) -> LogProgram {
        let out = try Pipe()
        let err = try Pipe()
        let ready = try Pipe()
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        _ = try HostProgram.spawn(
            path, arguments: [path] + arguments, environment: environment,
            descriptors: [
                null.rawValue, null.rawValue, null.rawValue, out.reading.rawValue, err.reading.rawValue,
                ready.writing.rawValue,
            ], session: false)
        let readyEnds = ready.ends()
        let readyReading = FileDescriptor(owning: readyEnds.reading)
        // Closed here, so that the program's own is the only one and its end is seen.
        _ = FileDescriptor(owning: readyEnds.writing)
        guard try waitUntilReadable(readyReading.rawValue, milliseconds: patience) else {
            throw SystemCallError("wait until ready", on: path, errno: .timedOut)
        }
        let outEnds = out.ends()
        let errEnds = err.ends()
        _ = FileDescriptor(owning: outEnds.reading)
        _ = FileDescriptor(owning: errEnds.reading)
        return LogProgram(
            stdout: FileDescriptor(owning: outEnds.writing), stderr: FileDescriptor(owning: errEnds.writing))
    }
}
