internal import Kernel

/// Descriptors of the caller, from 3 on, that the container's program gets too: first those of a service manager's
/// sockets, then as many as `--preserve-fds` says. See sd_listen_fds(3).
struct PassedDescriptors {
    let numbers: [Int32]
    /// What tells the program of the sockets.
    let environment: [String]

    static let options: [Option] = [
        .value("preserve-fds", nil, "N", "pass N more descriptors on, those after $LISTEN_FDS")
    ]

    /// Looked for before this process opens anything that could take such a number.
    init(_ options: Options, withSockets: Bool) throws(Failure) {
        let count = try usage { () throws(UsageError) in try options.number("preserve-fds") } ?? 0
        guard (0...4096).contains(count) else {
            throw Failure.usage("option \"--preserve-fds\": expected a number up to 4096, found \(count)")
        }
        let sockets = withSockets ? Self.sockets() : 0
        let numbers = Array(3..<(3 + sockets + Int32(count)))
        for number in numbers {
            do {
                _ = try FileStatus(of: number)
            } catch {
                throw Failure.refused("descriptor \(number) of \(numbers.count) to be passed on is not open")
            }
        }
        self.numbers = numbers
        environment = sockets > 0 ? ["LISTEN_FDS=\(sockets)", "LISTEN_PID=1"] : []
    }

    /// 0 unless they were meant for this very process.
    private static func sockets() -> Int32 {
        func value(_ name: String) -> Int32? {
            Kernel.environment().last { $0.hasPrefix(name + "=") }.flatMap { Int32($0.dropFirst(name.count + 1)) }
        }
        guard value("LISTEN_PID") == currentProcess(), let count = value("LISTEN_FDS") else { return 0 }
        return min(max(count, 0), 4096)
    }
}
