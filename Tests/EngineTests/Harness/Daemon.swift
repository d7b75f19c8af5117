internal import Kernel

/// A daemon that serves a test, with its log in a file.
struct Daemon {
    let name: String
    let process: Int32
    let logPath: String

    /// Starts it and waits until `isServing` answers true.
    static func start(
        _ words: [String], environment: [String: String] = [:], in directory: String, isServing: () throws -> Bool
    ) throws -> Daemon {
        let name = words[0].split(separator: "/").last.map(String.init) ?? words[0]
        let logPath = directory + "/" + name + ".log"
        let log = try FileDescriptor.open(logPath, [.writeOnly, .create, .append], mode: 0o600)
        let process = try Tool.start(
            words, environment: environment, output: log.rawValue, errors: log.rawValue)
        let daemon = Daemon(name: name, process: process, logPath: logPath)
        let deadline = Clock.milliseconds() + 30_000
        while try !isServing() {
            let descriptor = try openProcess(process)
            guard try !hasEnded(descriptor.rawValue), Clock.milliseconds() < deadline else {
                daemon.stop()
                throw Tool.Fault(description: "\(words[0]) does not serve: \(daemon.log)")
            }
            pause(microseconds: 50_000)
        }
        return daemon
    }

    var log: String { (try? SmallFile.text(logPath, limit: 64 << 20)) ?? "" }

    /// Ends it as the kernel does when memory runs out.
    func kill() throws {
        try sendSignal(SignalNumber.kill, toProcess: process)
        _ = try ChildExit.wait(for: process)
    }

    /// Ends it as an administrator would, and as nobody should if that does not help.
    func stop() {
        guard let descriptor = try? openProcess(process) else { return }
        try? sendSignal(SignalNumber.terminate, to: descriptor.rawValue)
        if (try? waitUntilReadable(descriptor.rawValue, milliseconds: 20_000)) != true {
            try? sendSignal(SignalNumber.kill, to: descriptor.rawValue)
        }
        _ = try? ChildExit.wait(for: process)
    }
}
