internal import Kernel
internal import Libcontainer
internal import RuntimeSpec
internal import TTRPC
internal import TaskAPI

/// The program `containerd-shim-berth-v1`: its command line's actions.
package struct ShimProgram {
    package static let name = "io.containerd.berth.v1"
    package static let version = "0.1.0"
    static let executable = "containerd-shim-berth-v1"

    let arguments: [String]
    let environment: [String]

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
        ShimFailpoint.swept.reach()
        socketAddress(parsed, bundle: bundle).removeUnserved()
        let exit = ProcessExit(status: 128 + UInt32(Signal.kill), time: .now())
        write(TaskAnswer.deleted(pid: pid, exit: exit).encoded())
    }

    /// Where the shim listened: what it has noted, or where it would have.
    private func socketAddress(_ parsed: Arguments, bundle: String) -> SocketAddress {
        if let url = try? SmallFile.text(bundle + "/address"), let noted = SocketAddress(url: url) { return noted }
        let group = ContainerGroup.name(bundle: bundle, container: parsed.id)
        return SocketAddress(daemon: parsed.address, namespace: parsed.namespace, id: group)
    }

    // MARK: Output

    /// Options on standard input are given back, as containerd's own shim does; what has no effect on these answers is
    /// not judged.
    private func printInfo() throws {
        let input = try standardInput()
        let features = Features.ofRuntime()
        let info = RuntimeInfo(
            name: Self.name, version: Self.version, options: input.isEmpty ? nil : try TypedValue(decoding: input),
            features: JSONWriter.bytes(of: features))
        write(info.encoded())
    }

    /// More than any daemon writes to a shim.
    private static let inputLimit = 10 << 20

    /// All of standard input where a program has written it, which a person at a terminal has not.
    func standardInput() throws(SystemCallError) -> [UInt8] {
        let kind = try? FileStatus(of: 0).kind
        guard kind == .fifo || kind == .socket || kind == .regular else { return [] }
        return try FileDescriptor(owning: duplicate(0, above: 3)).readAll(limit: Self.inputLimit, name: "stdin")
    }

    func variable(_ name: String) -> String? {
        environment.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
    }

    func write(_ text: String) {
        write(Array(text.utf8))
    }

    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { _ = try? Transfer.write($0, to: 1) }
    }

    private func complain(_ message: String) {
        Array("\(Self.executable): \(message)\n".utf8).withUnsafeBytes { _ = try? Transfer.write($0, to: 2) }
    }
}
