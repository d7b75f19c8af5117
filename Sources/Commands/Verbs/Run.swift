internal import ArgumentParser
internal import Client
internal import Glibc
internal import Model
internal import RuntimeSpec

/// `berthctl run`: a new container, from its snapshot to its exit.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command in a new container.",
        discussion: """
            The exit status is the command's own; 125 when Berth failed before it could run.

            Examples:
              berthctl run --rm demo /bin/echo hello
              berthctl run -it --rm demo sh
              berthctl run -d --name web --memory 64m -v /srv/www:/www:ro demo httpd -f -h /www
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var driver: SnapshotterOption
    @Option(help: "The container's name; made up when left out.")
    var name: String?
    @Flag(name: [.customShort("d"), .long], help: "Run in the background and print the container's name.")
    var detach = false
    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give the command a terminal.")
    var terminal = false
    @Flag(name: [.customShort("i"), .long], help: "Pass standard input on to the command.")
    var interactive = false
    @Flag(name: .customLong("rm"), help: "Remove the container when it has exited.")
    var removes = false
    @Option(
        name: [.customShort("e"), .customLong("env")], parsing: .singleValue,
        help: "KEY=value for the command's environment; KEY alone takes yours.")
    var environment: [String] = []
    @Option(
        name: [.customShort("v"), .customLong("volume")], parsing: .singleValue,
        help: "Host path to mount, as SOURCE:DESTINATION[:ro].")
    var volumes: [String] = []
    @Option(name: [.short, .long], help: "USER[:GROUP] to run as, each a name of the image's or a number.")
    var user: String?
    @Option(name: [.short, .customLong("workdir")], help: "The command's working directory.")
    var workingDirectory: String?
    @Option(help: "The container's host name.")
    var hostname: String?
    @Option(help: "Replaces the image's entrypoint.")
    var entrypoint: String?
    @Option(name: [.short, .long], help: "Memory limit, such as 64m or 1g.")
    var memory: String?
    @Option(help: "Processors' worth of time, such as 0.5.")
    var cpus: Double?
    @Option(help: "How many processes the container may have.")
    var pidsLimit: Int64?
    @Option(name: .customLong("net"), help: "none: a network of its own with no link; host: the host's.")
    var network: Network = .none
    @Flag(name: .customLong("read-only"), help: "Mount the root file system read-only.")
    var readonly = false
    @Flag(help: "All capabilities, all devices, all system calls, nothing masked.")
    var privileged = false
    @Option(name: .customLong("cap-add"), parsing: .singleValue, help: "A capability to add; ALL for all.")
    var addedCapabilities: [String] = []
    @Option(name: .customLong("cap-drop"), parsing: .singleValue, help: "A capability to take away; ALL for all.")
    var droppedCapabilities: [String] = []
    @Option(help: "System calls allowed: a profile's FILE, as OCI or Docker has it, or unconfined, or default.")
    var seccomp: String?
    @Option(help: "The runtime.")
    var runtime: String = "io.containerd.berth.v1"
    @Argument(help: "The image's name.")
    var image: String
    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments; the image's own when left out.")
    var command: [String] = []

    enum Network: String, ExpressibleByArgument {
        case none, host
    }

    func run() async throws {
        guard !(detach && (terminal || interactive)) else {
            throw Failure.invalid("--detach and a terminal or standard input exclude each other")
        }
        let status = try await global.connected { client in
            let launch = try await ContainerLaunch(
                client: client, image: image, id: try identifier(), options: options(), snapshotter: driver.snapshotter,
                runtime: runtime)
            return try await detach ? launch.detached() : launch.attached(interactive: interactive, removes: removes)
        }
        throw ExitCode(Int32(truncatingIfNeeded: status))
    }

    private func identifier() throws(Failure) -> String {
        guard let name else { return String(UInt64.random(in: 1 << 44..<1 << 48), radix: 16) }
        try Identifier.check(name, "container")
        return name
    }

    private func options() throws(Failure) -> ContainerOptions {
        var options = ContainerOptions()
        options.entrypoint = entrypoint.map { [$0] }
        options.arguments = command.first == "--" ? Array(command.dropFirst()) : command
        options.environment = environment.compactMap { entry in
            entry.contains("=") ? entry : Environment.value(entry).map { "\(entry)=\($0)" }
        }
        options.workingDirectory = workingDirectory
        options.hostname = hostname
        options.user = user
        options.terminal = terminal
        options.readonly = readonly
        options.hostNetwork = network == .host
        options.privileged = privileged
        options.addedCapabilities = addedCapabilities
        options.droppedCapabilities = droppedCapabilities
        options.seccomp = try seccomp.map(SeccompChoice.named)
        options.mounts = try volumes.map(Self.mount)
        options.memoryLimit = try memory.map(Self.bytes)
        if let cpus, !(cpus > 0 && cpus <= 10_000) { throw .invalid("--cpus \(cpus): expected more than 0") }
        options.cpus = cpus
        options.pidsLimit = pidsLimit
        return options
    }

    private static func mount(_ text: String) throws(Failure) -> RuntimeSpec.Mount {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), parts[0].hasPrefix("/"), parts[1].hasPrefix("/"),
            parts.count == 2 || parts[2] == "ro" || parts[2] == "rw"
        else {
            throw .invalid("volume \"\(text)\": expected SOURCE:DESTINATION[:ro] with absolute paths")
        }
        return RuntimeSpec.Mount(
            destination: parts[1], type: "bind", source: parts[0],
            options: ["rbind", parts.count == 3 ? parts[2] : "rw"])
    }

    private static func bytes(_ text: String) throws(Failure) -> Int64 {
        let units: [Character: Int64] = ["b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]
        let unit = text.lowercased().last.flatMap { units[$0] }
        guard let number = Int64(unit == nil ? text : String(text.dropLast())), number > 0,
            case (let bytes, let overflow) = number.multipliedReportingOverflow(by: unit ?? 1), !overflow
        else {
            throw .invalid("memory limit \"\(text)\": expected a number of bytes or one with k, m or g")
        }
        return bytes
    }
}
