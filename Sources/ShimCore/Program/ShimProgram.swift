internal import Kernel
internal import Libcontainer
internal import TTRPC
internal import TaskAPI

/// The program `containerd-shim-berth-v1`: its command line's actions.
package struct ShimProgram {
    package static let name = "io.containerd.berth.v1"
    package static let version = "0.1.0"
    static let executable = "containerd-shim-berth-v1"

    private let arguments: [String]
    private let environment: [String]

    /// - Parameters:
    ///   - arguments: with the program's own name as the first.
    ///   - environment: `NAME=value` each.
    package init(arguments: [String], environment: [String]) {
        self.arguments = arguments
        self.environment = environment
    }

    /// Performs the action; answers the process's exit status.
    package func run() -> Int32 {
        do throws(Arguments.Invalid) {
            let parsed = try Arguments(Array(arguments.dropFirst()))
            do {
                switch parsed.action {
                case .version: write("\(Self.executable)\n  Version: \(Self.version)\n")
                case .help: write(Arguments.help)
                case .info: try printInfo()
                case .start: try start(parsed)
                case .delete: try delete(parsed)
                case .serve(let listener): try serve(parsed, FileDescriptor(owning: listener))
                case .spawnSpares(let channel): try spawnSpares(parsed, FileDescriptor(owning: channel))
                }
                return 0
            } catch {
                complain("\(error)")
                return 1
            }
        } catch {
            complain(error.message)
            return 2
        }
    }

    private func serve(_ parsed: Arguments, _ socket: consuming FileDescriptor) throws {
        // Copies of this process enter containers. The socket, which is not close-on-exec yet, is kept.
        try SealedExecutable.reexecute(arguments: arguments)
        try closeOnExecute(from: 3)
        let log = Log(
            minimum: parsed.isDebug ? .debug : .info, fields: "id=\(parsed.id) namespace=\(parsed.namespace)")
        raiseOOMScore(log)
        try server(parsed, socket, log).run()
    }

    private func server(_ parsed: Arguments, _ socket: consuming FileDescriptor, _ log: Log) throws -> Server {
        let events = SocketAddress.events(variable: variable("TTRPC_ADDRESS"), daemon: parsed.address)
        return try Server(parsed, socket: socket, eventsPath: events, log: log)
    }

    /// Copies itself for as long as the daemon lives. Each copy then serves the task it is assigned to.
    private func spawnSpares(_ parsed: Arguments, _ channel: consuming FileDescriptor) throws {
        // Copies of this process enter containers, as in `serve`.
        try SealedExecutable.reexecute(arguments: arguments)
        try closeOnExecute(from: 3)
        raiseOOMScore(Log(minimum: .warning, fields: "zygote"))
        guard let spare = try Zygote(channel: channel).run(), let assignment = try spare.assignment() else { return }
        let own = try Arguments(Array(assignment.arguments.dropFirst()))
        try changeDirectory(to: own.bundle)
        let log = Log(minimum: own.isDebug ? .debug : .info, fields: "id=\(own.id) namespace=\(own.namespace)")
        let server = try server(own, FileDescriptor(owning: assignment.listener), log)
        try server.admit(FileDescriptor(owning: assignment.connection))
        try server.run()
    }

    /// One above the daemon's, whose value this process inherited: when memory runs out, a shim goes before its daemon,
    /// as containerd has it. The containers' scores are their configuration's.
    private func raiseOOMScore(_ log: Log) {
        let path = "/proc/self/oom_score_adj"
        do {
            let text = try SmallFile.text(path)
            guard let score = Int(text.filter { $0 == "-" || $0.isNumber }) else { return }
            try SmallFile.write(String(min(score + 1, 1000)), to: path)
        } catch {
            log.warning("out-of-memory score: \(error)")
        }
    }

    // MARK: start

    /// Starts a serving shim on a socket of its own and prints where it listens. The bundle keeps the address and the
    /// shim's process number, for whoever comes later.
    private func start(_ parsed: Arguments) throws {
        let group = ContainerGroup.name(bundle: try workingDirectoryPath(), container: parsed.id)
        let address = SocketAddress(daemon: parsed.address, namespace: parsed.namespace, id: group)
        if let listener = try address.listen() {
            do {
                let shim = try spawnServer(parsed, listener.rawValue)
                try SmallFile.replace("shim.pid", with: Array("\(shim)".utf8))
            } catch {
                try? removeFile(address.path)
                throw error
            }
        }
        try SmallFile.replace("address", with: Array(address.url.utf8))
        printAnswer(address)
    }

    /// A daemon that says which version of the answer it understands gets it with the version; older ones get the plain
    /// address.
    private func printAnswer(_ address: SocketAddress) {
        guard let text = variable("MAX_SHIM_VERSION"), let maximum = Int(text), maximum >= 2 else {
            return write(address.url)
        }
        write("{\"version\":\(min(maximum, 3)),\"address\":\"\(address.url)\",\"protocol\":\"ttrpc\"}")
    }

    private func spawnServer(_ parsed: Arguments, _ listener: Int32) throws -> Int32 {
        var command = [
            arguments.first ?? Self.executable, "-namespace", parsed.namespace, "-id", parsed.id, "-address",
            parsed.address, "-publish-binary", parsed.publishBinary, "-listen-fd", "3",
        ]
        if parsed.isDebug { command.append("-debug") }
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        // The daemon reads the log from a FIFO in the bundle; held from both sides it never breaks, and what does not
        // fit is lost instead of stopping the shim.
        let log = if let fifo = try? Fifo.open("log", .both) { fifo } else { try null.duplicate() }
        return try HostProgram.spawn(
            "/proc/self/exe", arguments: command, environment: environment,
            descriptors: [null.rawValue, null.rawValue, log.rawValue, listener], session: true)
    }

    // MARK: delete

    /// Ends what is left of a container whose shim is gone, and prints the answer of the Delete call.
    private func delete(_ parsed: Arguments) throws {
        let bundle = try parsed.bundle.isEmpty ? workingDirectoryPath() : parsed.bundle
        var pid: UInt32 = 0
        do throws(ContainerError) {
            var container = try Container.loadAbandoned(id: parsed.id, stateRoot: TaskService.stateRoot(bundle: bundle))
            pid = UInt32(container.pid)
            try container.delete(force: true)
        } catch {
            if error.code != .notFound { throw error }
        }
        let group = ContainerGroup.name(bundle: bundle, container: parsed.id)
        SocketAddress(daemon: parsed.address, namespace: parsed.namespace, id: group).removeUnserved()
        let exit = ProcessExit(status: 128 + UInt32(Signal.kill), time: .now())
        write(TaskAnswer.deleted(pid: pid, exit: exit).encoded())
    }

    // MARK: Output

    private func printInfo() throws {
        write(RuntimeInfo(name: Self.name, version: Self.version).encoded())
    }

    private func variable(_ name: String) -> String? {
        environment.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
    }

    private func write(_ text: String) {
        write(Array(text.utf8))
    }

    private func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { _ = try? Transfer.write($0, to: 1) }
    }

    private func complain(_ message: String) {
        Array("\(Self.executable): \(message)\n".utf8).withUnsafeBytes { _ = try? Transfer.write($0, to: 2) }
    }
}
