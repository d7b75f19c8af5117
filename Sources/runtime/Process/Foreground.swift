internal import Kernel
internal import Libcontainer

/// Stands in for a container's process in the foreground: passes signals on to it, relays its terminal, and ends as it
/// does.
struct Foreground: ~Copyable {
    private let signals: SignalDescriptor

    /// Everything but what is this process's own business or cannot be caught. Blocked before the process is made, so
    /// that none is lost.
    ///
    /// - Parameter adopts: whether orphans of the container become this process's, to be reaped, as those of a container
    ///   without a PID namespace of its own would otherwise become init's.
    init(adopts: Bool) throws(Failure) {
        let own: Set<Int32> = [
            SignalNumber.kill, 19, 11, 7, 8, 4, 5, 6, 23, 32, 33,
        ]
        let set = SignalSet((1...SignalNumber.last).filter { !own.contains($0) })
        signals = try system("signals") { () throws(SystemCallError) in
            if adopts { try becomeSubreaper() }
            try set.block()
            return try SignalDescriptor(set)
        }
    }

    /// Answers the exit code that a shell would give.
    borrowing func wait(
        for pid: Int32, _ pidfd: Int32, terminal: consuming FileDescriptor?
    ) throws(Failure) -> Int32 {
        let number = signals.rawValue
        guard let terminal else {
            return try system("wait") { () throws(SystemCallError) in
                while true {
                    if let status = try Self.reap(pid) { return Int32(status) }
                    _ = try waitUntilReadable(number, milliseconds: -1)
                    while let signal = try signals.next() { Self.pass(signal, to: pidfd) }
                }
            }
        }
        do throws(SystemCallError) {
            var relay = try TerminalRelay(terminal)
            while true {
                if let status = try Self.reap(pid) {
                    relay.drain()
                    return Int32(status)
                }
                try relay.wait(or: number)
                while let signal = try signals.next() {
                    if signal == SignalNumber.windowChange { relay.resize() } else { Self.pass(signal, to: pidfd) }
                }
            }
        } catch {
            throw Failure.system("wait", error)
        }
    }

    private static func pass(_ signal: Int32, to pidfd: Int32) {
        if signal != SignalNumber.child { try? sendSignal(signal, to: pidfd) }
    }

    /// Reaps all that has ended; nil unless the process was among it.
    private static func reap(_ pid: Int32) throws(SystemCallError) -> UInt32? {
        while let ended = try ChildExit.reapAny() {
            if ended.process == pid { return ended.status }
        }
        return nil
    }
}
