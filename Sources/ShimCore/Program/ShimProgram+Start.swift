internal import Kernel
internal import Libcontainer
internal import TaskAPI

/// `start`, by which a stock daemon gets a shim.
extension ShimProgram {
    /// Starts a serving shim on a socket of its own and prints where it listens. The bundle keeps the address and the
    /// shim's process number, for whoever comes later.
    func start(_ parsed: Arguments) throws {
        let request = try bootstrapRequest(parsed)
        let group = ContainerGroup.name(bundle: try workingDirectoryPath(), container: parsed.id)
        let address = SocketAddress(
            daemon: parsed.address, namespace: parsed.namespace, id: group, directory: request?.socketDirectory)
        if let listener = try address.listen() {
            ShimFailpoint.listening.reach()
            do {
                let shim = try spawnServer(parsed, request, listener.rawValue)
                ShimFailpoint.spawned.reach()
                try SmallFile.replace("shim.pid", with: Array("\(shim)".utf8))
                ShimFailpoint.numberWritten.reach()
            } catch {
                try? removeFile(address.path)
                throw error
            }
        }
        try SmallFile.replace("address", with: Array(address.url.utf8))
        ShimFailpoint.addressWritten.reach()
        if request != nil {
            write(BootstrapAnswer(version: Self.serviceVersion, address: address.url).encoded())
        } else {
            printAnswer(address)
        }
    }

    /// The newest version of the Task service that is served.
    private static var serviceVersion: Int32 { 3 }

    /// What a daemon from 2.3 on has written to standard input.
    ///
    /// Older ones write the container's options there or nothing. The options' type and value have the numbers of an id
    /// and a namespace: only when these are the command line's as well is it a request.
    private func bootstrapRequest(_ parsed: Arguments) throws -> BootstrapRequest? {
        let input = try standardInput()
        guard let request = try? BootstrapRequest(decoding: input), request.id == parsed.id,
            request.namespace == parsed.namespace
        else { return nil }
        return request
    }

    /// A daemon that says which version of the answer it understands gets it with the version; older ones get the plain
    /// address.
    private func printAnswer(_ address: SocketAddress) {
        guard let text = variable("MAX_SHIM_VERSION"), let maximum = Int32(text), maximum >= 2 else {
            return write(address.url)
        }
        let version = min(maximum, Self.serviceVersion)
        write("{\"version\":\(version),\"address\":\"\(address.url)\",\"protocol\":\"ttrpc\"}")
    }

    private func spawnServer(_ parsed: Arguments, _ request: BootstrapRequest?, _ listener: Int32) throws -> Int32 {
        var command = [
            arguments.first ?? Self.executable, "-namespace", parsed.namespace, "-id", parsed.id, "-address",
            parsed.address, "-publish-binary", parsed.publishBinary, "-listen-fd", "3",
        ]
        if parsed.isDebug || request?.wantsDebugLog == true { command.append("-debug") }
        var environment = environment
        if let events = request?.eventsAddress, !events.isEmpty {
            environment.removeAll { $0.hasPrefix("TTRPC_ADDRESS=") }
            environment.append("TTRPC_ADDRESS=" + events)
        }
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        // The daemon reads the log from a FIFO in the bundle; held from both sides it never breaks, and what does not
        // fit is lost instead of stopping the shim.
        let log = if let fifo = try? Fifo.open("log", .both) { fifo } else { try null.duplicate() }
        return try HostProgram.spawn(
            "/proc/self/exe", arguments: command, environment: environment,
            descriptors: [null.rawValue, null.rawValue, log.rawValue, listener], session: true)
    }
}
