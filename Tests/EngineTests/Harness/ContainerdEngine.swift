internal import Kernel

/// Debian's containerd with all its files in a workshop, and its client.
struct ContainerdEngine {
    let workshop: Workshop
    /// What `ctr run` is told about the runtime.
    let runtime: [String]

    private var socket: String { workshop.directory + "/c.sock" }

    /// Also after the last one was killed, in whose place it goes on.
    func start() throws -> Daemon {
        let directory = workshop.directory
        let configuration = """
            version = 2
            root = "\(directory)/root"
            state = "\(directory)/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
            address = "\(socket)"
            [plugins."io.containerd.internal.v1.opt"]
            path = "\(directory)/opt"
            """
        try SmallFile.replace(directory + "/config.toml", with: Array(configuration.utf8))
        // Where it finds Berth's shim by its name.
        let shim = try Tool.shim()
        let programs = shim.prefix(upTo: shim.lastIndex(of: "/") ?? shim.startIndex)
        return try Daemon.start(
            ["containerd", "--config", directory + "/config.toml"],
            environment: ["PATH": "\(programs):/usr/sbin:/usr/bin:/sbin:/bin"], in: directory
        ) { try ctr("version").code == 0 }
    }

    func ctr(_ words: String...) throws -> Tool { try workshop.run(client + words) }

    func run(_ options: [String], _ id: String, _ command: String...) throws -> Tool {
        try workshop.run(runWords(options, id, command))
    }

    /// The words of a command line that runs a container.
    func runWords(_ options: [String], _ id: String, _ command: [String]) -> [String] {
        client + ["run", "--rootfs"] + runtime + ["--env", "PATH=/bin"] + options + [workshop.rootfs, id] + command
    }

    var client: [String] { ["ctr", "-a", socket, "-n", workshop.name] }

    /// Where containerd keeps a container's bundle while it has a task.
    func bundle(_ id: String) -> String {
        "\(workshop.directory)/state/io.containerd.runtime.v2.task/\(workshop.name)/\(id)"
    }

    /// What containerd says of a task: its process and status.
    func task(_ id: String) throws -> (process: Int32, status: String)? {
        for line in try ctr("task", "ls").output.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 3, fields[0] == id, let process = Int32(fields[1]) else { continue }
            return (process, String(fields[2]))
        }
        return nil
    }

    /// Waits until a task has the status.
    func wait(for status: String, of id: String) throws {
        let deadline = Clock.milliseconds() + 60_000
        while try task(id)?.status != status {
            guard Clock.milliseconds() < deadline else {
                throw Tool.Fault(description: "task \"\(id)\" is never \(status): \(try ctr("task", "ls").output)")
            }
            pause(microseconds: 20_000)
        }
    }
}
