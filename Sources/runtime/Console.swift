internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

/// The standard streams of a container's process, as the command line asks for them.
enum Console {
    /// - Parameter isDetached: whether the process outlives this program, which then cannot relay its terminal.
    static func io(
        _ process: ProcessSpec?, _ options: Options, isDetached: Bool
    ) throws(Failure) -> ProcessIO {
        let terminal = process?.terminal ?? false
        if !terminal {
            if options["console-socket"] != nil {
                throw Failure.usage("--console-socket is for processes with a terminal: process.terminal is false")
            }
            let count = Int32(options["preserve-fds"] ?? "0") ?? 0
            return .descriptors(stdin: 0, stdout: 1, stderr: 2, extra: count > 0 ? Array(3..<(3 + count)) : [])
        }
        guard options["console-socket"] != nil else {
            throw Failure.usage("process.terminal is true: expected --console-socket, to send the terminal to")
        }
        return .terminal(
            width: UInt16(clamping: process?.consoleSize?.width ?? 0),
            height: UInt16(clamping: process?.consoleSize?.height ?? 0))
    }

    /// Sends a terminal's master to whoever listens at the socket, as runc does: with the slave's name as the message.
    static func send(_ terminal: consuming FileDescriptor?, _ options: Options) throws(Failure) {
        guard let terminal, let path = options["console-socket"] else { return }
        try system("console socket") { () throws(SystemCallError) in
            let socket = try UnixSocket.connect(path: path)
            let channel = Channel(socket)
            let name = Array("/dev/ptmx".utf8)
            let number = terminal.rawValue
            let outcome = name.withUnsafeBytes { (buffer) -> Result<Void, SystemCallError> in
                do throws(SystemCallError) {
                    return .success(try channel.send(buffer, passing: number))
                } catch {
                    return .failure(error)
                }
            }
            try outcome.get()
        }
    }

    static func writePIDFile(_ pid: Int32, _ options: Options) throws(Failure) {
        guard let path = options["pid-file"] else { return }
        try system("pid file") { () throws(SystemCallError) in
            try SmallFile.replace(path, with: Array("\(pid)".utf8), mode: 0o644)
        }
    }
}
