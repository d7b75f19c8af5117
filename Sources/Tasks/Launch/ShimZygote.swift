internal import Kernel
internal import Model
internal import Synchronization

/// The shim program, run once to make spare shims by copying itself. It ends with this object, or with the supervisor.
///
/// A shim program that is replaced on disk is used for spares once the supervisor is started again.
final class ShimZygote: Sendable {
    private let process: WatchedProcess
    /// Held from a question to its answer: those who ask at once would take each other's.
    private let channel: Mutex<FileDescriptor>

    /// How long a copy may take, in milliseconds; the first one waits for the program to start.
    private static let patience: Int32 = 2_000
    /// What the longest command line of a shim needs; only what fits is shown by ps(1).
    private static let titleRoom = 512

    init(_ configuration: TaskRuntimeConfiguration) throws(SystemCallError) {
        let (near, far) = try Channel.pair()
        channel = Mutex(FileDescriptor(owning: near))
        let theirs = FileDescriptor(owning: far)
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        let room = String(repeating: " ", count: Self.titleRoom)
        let pid = try HostProgram.spawn(
            configuration.shimProgram,
            arguments: [configuration.shimProgram, "-zygote-fd", "3", "-room", room],
            environment: ShimCommand.environment(configuration),
            descriptors: [null.rawValue, null.rawValue, null.rawValue, theirs.rawValue], session: true,
            directory: "/")
        guard let process = WatchedProcess(pid: pid) else { throw SystemCallError("pidfd_open", on: "\(pid)") }
        self.process = process
    }

    deinit {
        let process = self.process
        // It sees the channel's end; somebody has to reap it.
        Task { await process.end() }
    }

    var hasEnded: Bool { process.hasEnded }

    /// Has a copy made that takes its orders from the descriptor `orders`. Blocks for the time of a fork, or until
    /// another thread has its copy.
    /// - Returns: the copy's process number. It is this process's child.
    func copy(orders: Int32) throws(SystemCallError) -> Int32 {
        try channel.withLock { (channel) throws(SystemCallError) -> Int32 in
            _ = try UnixSocket.send([1], descriptors: [orders], to: channel)
            guard try waitUntilReadable(channel.rawValue, milliseconds: Self.patience) else {
                process.kill()
                throw SystemCallError("fork", on: "zygote \(process.pid)", errno: .timedOut)
            }
            return try answer(from: channel)
        }
    }

    private func answer(from channel: borrowing FileDescriptor) throws(SystemCallError) -> Int32 {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: MemoryLayout<Int32>.size, alignment: MemoryLayout<Int32>.alignment)
        defer { buffer.deallocate() }
        guard try UnixSocket.receive(into: buffer, from: channel).count == buffer.count else {
            throw SystemCallError("fork", on: "zygote \(process.pid)", errno: .brokenPipe)
        }
        let answer = buffer.load(as: Int32.self)
        guard answer > 0 else {
            throw SystemCallError("fork", on: "zygote \(process.pid)", errno: Errno(rawValue: -answer))
        }
        return answer
    }
}
