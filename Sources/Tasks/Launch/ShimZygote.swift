internal import Kernel
internal import Model

/// The shim program, run once to make spare shims by copying itself. It ends with this object, or with the supervisor.
///
/// A shim program that is replaced on disk is used for spares once the supervisor is started again.
final class ShimZygote: Sendable {
    private let process: WatchedProcess
    private let channel: FileDescriptor

    /// How long a copy may take, in milliseconds; the first one waits for the program to start, on a busy machine.
    private static let patience: Int32 = 10_000
    /// What the longest command line of a shim needs; only what fits is shown by ps(1).
    private static let titleRoom = 512

    init(_ configuration: TaskRuntimeConfiguration) throws(SystemCallError) {
        let (near, far) = try Channel.pair()
        channel = FileDescriptor(owning: near)
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

    /// Has a copy made that takes its orders from `orders`. Blocks for the time of a fork.
    /// - Returns: the copy's process number. It is this process's child.
    func copy(orders: borrowing FileDescriptor) throws(SystemCallError) -> Int32 {
        let number = orders.rawValue
        _ = try UnixSocket.send([1], descriptors: [number], to: channel)
        guard try waitUntilReadable(channel.rawValue, milliseconds: Self.patience) else {
            process.kill()
            throw SystemCallError("fork", on: "zygote \(process.pid)", errno: .timedOut)
        }
        var answer: Int32 = 0
        let count = try withUnsafeMutableBytes(of: &answer) { buffer in
            Result { () throws(SystemCallError) in try UnixSocket.receive(into: buffer, from: channel).count }
        }.get()
        guard count == MemoryLayout<Int32>.size else {
            throw SystemCallError("fork", on: "zygote \(process.pid)", errno: .brokenPipe)
        }
        guard answer > 0 else {
            throw SystemCallError("fork", on: "zygote \(process.pid)", errno: Errno(rawValue: -answer))
        }
        return answer
    }
}
