internal import CLinux

/// A set of signals, to be blocked or read. See sigsetops(3).
package struct SignalSet {
    fileprivate var raw = sigset_t()

    package init(_ signals: [Int32]) {
        sigemptyset(&raw)
        for signal in signals { sigaddset(&raw, signal) }
    }

    /// Blocks the set's signals in the calling thread, beside those already blocked. Blocked signals stay blocked
    /// over execve(2): whatever starts a program resets its mask. See sigprocmask(2).
    package func block() throws(SystemCallError) {
        var set = raw
        try checked("sigprocmask") { sigprocmask(SIG_BLOCK, &set, nil) }
    }

    package func contains(_ signal: Int32) -> Bool {
        var set = raw
        return sigismember(&set, signal) == 1
    }
}

/// Signals as a descriptor that becomes readable. The signals must be blocked. See signalfd(2).
package struct SignalDescriptor: ~Copyable {
    private let descriptor: FileDescriptor

    package init(_ signals: SignalSet) throws(SystemCallError) {
        var set = signals.raw
        descriptor = FileDescriptor(
            owning: try checked("signalfd") { signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) })
    }

    package var rawValue: Int32 { descriptor.rawValue }

    /// The next pending signal's number, or nil when there is none. Several of one kind count as one.
    package func next() throws(SystemCallError) -> Int32? {
        let raw = descriptor.rawValue
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        do {
            try retrying("read signalfd") { read(raw, &info, size) }
        } catch {
            if error.errno == .tryAgain { return nil }
            throw error
        }
        return Int32(bitPattern: info.ssi_signo)
    }
}
