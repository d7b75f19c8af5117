internal import Kernel
internal import Libcontainer

/// Stands in for a container's process in the foreground: passes signals on to it and ends as it does.
struct Foreground: ~Copyable {
    private let signals: SignalDescriptor

    /// Everything but what is this process's own business or cannot be caught. Blocked before the process is made, so
    /// that none is lost.
    init() throws(Failure) {
        let own: Set<Int32> = [
            SignalNumber.kill, 19, 11, 7, 8, 4, 5, 6, 23, 32, 33,
        ]
        let set = SignalSet((1...SignalNumber.last).filter { !own.contains($0) })
        signals = try system("signals") { () throws(SystemCallError) in
            try set.block()
            return try SignalDescriptor(set)
        }
    }

    /// Answers the exit code that a shell would give.
    borrowing func wait(for pid: Int32, _ pidfd: Int32) throws(Failure) -> Int32 {
        let number = signals.rawValue
        return try system("wait") { () throws(SystemCallError) in
            while true {
                if let status = try reapProcessIfEnded(pidfd) { return status.code }
                _ = try waitUntilReadable(number, milliseconds: -1)
                while let signal = try signals.next() {
                    if signal != SignalNumber.child { try? sendSignal(signal, to: pidfd) }
                }
            }
        }
    }
}
