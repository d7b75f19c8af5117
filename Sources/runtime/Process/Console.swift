internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

/// Where the standard streams of a container's process come from and what happens to its terminal, as the command line
/// asks for them.
enum Console {
    static let options: [Option] = [
        .value("console-socket", nil, "SOCKET", "where the terminal's master is sent"),
        .value("pidfd-socket", nil, "SOCKET", "where a descriptor of the process is sent"),
        .value("pid-file", nil, "FILE", "where the process's number is written"),
    ]

    /// - Parameter isDetached: whether the process outlives this program, which then cannot relay its terminal.
    static func io(
        _ process: ProcessSpec?, _ options: Options, _ passed: PassedDescriptors, isDetached: Bool
    ) throws(Failure) -> ProcessIO {
        guard process?.terminal ?? false else {
            if options["console-socket"] != nil {
                throw Failure.refused("--console-socket is for processes with a terminal: process.terminal is false")
            }
            return .descriptors(stdin: 0, stdout: 1, stderr: 2, extra: passed.numbers)
        }
        if isDetached, options["console-socket"] == nil {
            throw Failure.refused("process.terminal is true: expected --console-socket, to send the terminal to")
        }
        if !isDetached, options["console-socket"] != nil {
            throw Failure.refused("--console-socket is for detached processes: this one's terminal is relayed")
        }
        let own = isDetached ? nil : windowSize(of: 0)
        return .terminal(
            width: UInt16(clamping: process?.consoleSize?.width ?? UInt32(own?.columns ?? 0)),
            height: UInt16(clamping: process?.consoleSize?.height ?? UInt32(own?.rows ?? 0)))
    }

    /// Sends a terminal's master to whoever listens at the socket, as runc does: with the slave's name as the message.
    /// Without a socket the terminal is the caller's to relay.
    static func send(_ terminal: consuming FileDescriptor?, _ options: Options) throws(Failure) -> FileDescriptor? {
        guard let path = options["console-socket"] else { return terminal }
        if let terminal { try send(terminal.rawValue, "/dev/ptmx", to: path, "console socket") }
        return nil
    }

    static func send(processDescriptor pidfd: Int32, _ options: Options) throws(Failure) {
        guard let path = options["pidfd-socket"] else { return }
        try send(pidfd, "pidfd", to: path, "pidfd socket")
    }

    private static func send(_ number: Int32, _ name: String, to path: String, _ step: String) throws(Failure) {
        try system(step) { () throws(SystemCallError) in
            let channel = Channel(try UnixSocket.connect(path: path))
            try Array(name.utf8).withUnsafeBytes { buffer in
                Result { () throws(SystemCallError) in try channel.send(buffer, passing: number) }
            }.get()
        }
    }

    static func writePIDFile(_ pid: Int32, _ options: Options) throws(Failure) {
        guard let path = options["pid-file"] else { return }
        try system("pid file") { () throws(SystemCallError) in
            try SmallFile.replace(path, with: Array("\(pid)".utf8), mode: 0o644)
        }
    }
}
