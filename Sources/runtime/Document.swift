internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

/// JSON documents that the command line names.
enum Document {
    /// No document of an engine is larger.
    private static let limit = 16 << 20

    static func bytes(_ path: String) throws(Failure) -> [UInt8] {
        try system("read") { () throws(SystemCallError) in try SmallFile.read(path, limit: limit) }
    }

    /// `parse` is told of the bytes; its errors are named after the file.
    static func read<Value>(
        _ path: String, _ parse: (UnsafeRawBufferPointer) throws(SpecError) -> Value
    ) throws(Failure) -> Value {
        let bytes = try bytes(path)
        do {
            return try bytes.withUnsafeBytes { (buffer) throws(SpecError) in try parse(buffer) }
        } catch {
            throw Failure.container(ContainerError(.invalidArgument, "\(path): \(error)"))
        }
    }
}
