internal import Kernel
internal import Testing

/// Two paths of the host that change places as fast as they can, in a process of their own, for as long as this lives:
/// what a container does to a volume that another one is just being started on.
final class Racer {
    private let process: Int32
    private let pidfd: FileDescriptor

    init(exchanging first: String, with second: String) throws {
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        let program = try BuiltProgram.path("attacker")
        process = try HostProgram.spawn(
            program, arguments: [program, "exchange", first, second], environment: [],
            descriptors: [null.rawValue, null.rawValue, 2], session: false)
        pidfd = try openProcess(process)
    }

    /// A race that nobody ran proves nothing.
    func expectRunning(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try !hasEnded(pidfd.rawValue), "the attacker has given up", sourceLocation: sourceLocation)
    }

    deinit {
        try? sendSignal(SignalNumber.kill, to: pidfd.rawValue)
        _ = try? ChildExit.wait(for: process)
    }
}
