internal import Kernel

/// What a container's process and its creator tell each other while the process is set up. Each message is one packet
/// of a `SOCK_SEQPACKET` pair; its first byte is the kind.
enum SetupMessage {
    /// To the process: its user and group IDs are mapped.
    case mapped
    /// To the process: its cgroups are made.
    case placed
    /// To the process: execute.
    case proceed
    /// To the creator: all file systems and devices are there; what follows needs nothing that a cgroup restricts.
    case mounted
    /// To the creator: the network namespace is there. `proceed` is waited for.
    case networked
    /// To the creator: everything is done but execve(2).
    case ready
    /// To the creator: nothing more will come but the end.
    case failed(SetupFailure)
    /// To the creator: the master of the process's terminal, which travels along.
    case terminal(FileDescriptorNumber)
    /// To the creator, from a process in between: the container's process is there, with this number.
    case born(Int32)
    /// To the creator: the filter is on, and its listener has this number here. An answer is waited for.
    case listener(Int32)
    /// The other end is closed.
    case ended

    typealias FileDescriptorNumber = Int32

    fileprivate var kind: UInt8 {
        switch self {
        case .ended: 0
        case .mapped: 1
        case .mounted: 2
        case .proceed: 3
        case .ready: 4
        case .failed: 5
        case .terminal: 6
        case .placed: 7
        case .born: 8
        case .listener: 9
        case .networked: 10
        }
    }
}

extension Channel {
    borrowing func send(_ message: SetupMessage) throws(SystemCallError) {
        var bytes = [message.kind]
        var passed: Int32?
        switch message {
        case .failed(let failure): bytes += failure.encode()
        case .terminal(let master): passed = master
        case .born(let pid), .listener(let pid): withUnsafeBytes(of: pid) { bytes.append(contentsOf: $0) }
        default: break
        }
        let outcome = bytes.withUnsafeBytes { (buffer) -> Result<Void, SystemCallError> in
            do throws(SystemCallError) { return .success(try send(buffer, passing: passed)) } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// The next message; a descriptor that comes with `terminal` is the caller's. Garbage is `ended`.
    borrowing func receive() throws(SystemCallError) -> SetupMessage {
        let capacity = 1 + SetupFailure.headerSize + 2 * SetupFailure.longestText + SetupFailure.longestField
        return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) {
            (buffer) throws(SystemCallError) -> SetupMessage in
            let (count, passed) = try receive(into: UnsafeMutableRawBufferPointer(buffer))
            return Self.decode(buffer[..<count], passed)
        }
    }

    private static func decode(_ bytes: Slice<UnsafeMutableBufferPointer<UInt8>>, _ passed: Int32?) -> SetupMessage {
        if bytes.first == 6, let passed { return .terminal(passed) }
        if let passed { _ = FileDescriptor(owning: passed) }
        switch bytes.first {
        case 1: return .mapped
        case 2: return .mounted
        case 3: return .proceed
        case 4: return .ready
        case 5: return SetupFailure(decoding: bytes.dropFirst()).map(SetupMessage.failed) ?? .ended
        case 7: return .placed
        case 8 where bytes.count == 5: return .born(Self.number(bytes))
        case 9 where bytes.count == 5: return .listener(Self.number(bytes))
        case 10: return .networked
        default: return .ended
        }
    }

    private static func number(_ bytes: Slice<UnsafeMutableBufferPointer<UInt8>>) -> Int32 {
        UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes)).loadUnaligned(
            fromByteOffset: 1, as: Int32.self)
    }

    /// As `listener`, and waits for the answer, in a process that may be under a filter: without memory to be had, and
    /// by write(2) and read(2), of which the first may not be passed on. Answers whether there was an answer.
    static func announceListener(_ number: Int32, over channel: Int32) throws(SystemCallError) -> Bool {
        try withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { bytes throws(SystemCallError) -> Bool in
            bytes[0] = 9
            bytes.storeBytes(of: number, toByteOffset: 1, as: Int32.self)
            _ = try Transfer.write(UnsafeRawBufferPointer(rebasing: bytes[..<5]), to: channel)
            return try Transfer.read(channel, into: bytes) != .ended
        }
    }

    /// Receives in the container's process, which ends quietly when its creator is gone.
    borrowing func expect(_ matches: (SetupMessage) -> Bool) throws(SetupFailure) {
        let message = try during(.synchronise, "creator") { () throws(SystemCallError) in try receive() }
        if case .ended = message { exitProcess(1) }
        guard matches(message) else { throw SetupFailure(.synchronise, "creator", refused: "unexpected message") }
    }
}
