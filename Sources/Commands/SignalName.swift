internal import Glibc
internal import Model

/// Signals as people write them: `TERM`, `SIGTERM`, `15`.
enum SignalName {
    private static let numbers: [String: Int32] = [
        "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "ILL": SIGILL, "TRAP": SIGTRAP, "ABRT": SIGABRT, "BUS": SIGBUS,
        "FPE": SIGFPE, "KILL": SIGKILL, "USR1": SIGUSR1, "SEGV": SIGSEGV, "USR2": SIGUSR2, "PIPE": SIGPIPE,
        "ALRM": SIGALRM, "TERM": SIGTERM, "STKFLT": 16, "CHLD": SIGCHLD, "CONT": SIGCONT, "STOP": SIGSTOP,
        "TSTP": SIGTSTP, "TTIN": SIGTTIN, "TTOU": SIGTTOU, "URG": SIGURG, "XCPU": SIGXCPU, "XFSZ": SIGXFSZ,
        "VTALRM": SIGVTALRM, "PROF": SIGPROF, "WINCH": SIGWINCH, "IO": SIGIO, "PWR": SIGPWR, "SYS": SIGSYS,
        "IOT": SIGABRT, "CLD": SIGCHLD, "POLL": SIGIO,
    ]
    /// Real-time signals that glibc leaves to programs. See signal(7).
    private static let realTime: ClosedRange<Int32> = 34...64

    static func number(_ text: String) throws(Failure) -> UInt32 {
        if let number = UInt32(text), (1...64).contains(number) { return number }
        let upper = text.uppercased()
        let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        guard let number = numbers[name] ?? realTimeNumber(name) else {
            throw .invalid("signal \"\(text)\": unknown; expected a name such as TERM or a number from 1 to 64")
        }
        return UInt32(number)
    }

    /// `RTMIN`, `RTMIN+3`, `RTMAX-1`.
    private static func realTimeNumber(_ name: String) -> Int32? {
        for (base, start, sign) in [("RTMIN", realTime.lowerBound, "+"), ("RTMAX", realTime.upperBound, "-")]
        where name.hasPrefix(base) {
            let rest = name.dropFirst(base.count)
            if rest.isEmpty { return start }
            guard rest.hasPrefix(sign), rest.dropFirst().allSatisfy(\.isNumber),
                let distance = Int32(rest.dropFirst()), distance <= realTime.upperBound
            else { return nil }
            let number = sign == "+" ? start + distance : start - distance
            return realTime.contains(number) ? number : nil
        }
        return nil
    }
}
