internal import ArgumentParser
internal import Client
internal import Model
internal import RuntimeSpec

/// `berthctl ps`
struct ListContainers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "List containers.",
        discussion: """
            Examples:
              berthctl ps             # those that run
              berthctl ps -a --json   # all of them, for a program
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Flag(name: [.short, .long], help: "Also those that do not run.")
    var all = false

    private struct Row: Encodable {
        let name, image, status, command, created: String
        let pid, exitStatus: UInt32
    }

    func run() async throws {
        let rows = try await global.connected { client in
            async let tasks = client.listTasks()
            async let containers = client.listContainers()
            let byContainer = Dictionary(try await tasks.map { ($0.containerID, $0) }) { first, _ in first }
            return try await containers.sorted { $0.createdAt > $1.createdAt }.compactMap {
                record -> (Row, Timestamp)? in
                let task = byContainer[record.id]
                let isLive = task.map { $0.status != .stopped } ?? false
                return all || isLive ? (Self.row(record, task), record.createdAt) : nil
            }
        }
        if output.json { return try JSONOutput.print(rows.map(\.0)) }
        var table = Table("NAME", "IMAGE", "STATUS", "PID", "CREATED", "COMMAND")
        for (row, created) in rows {
            table.add(
                row.name, row.image, row.status, row.pid == 0 ? "-" : "\(row.pid)", Readable.age(created), row.command)
        }
        StandardOutput.write(table.text)
    }

    private static func row(_ record: ContainerRecord, _ task: TaskProcess?) -> Row {
        Row(
            name: record.id, image: record.image, status: status(task), command: command(record),
            created: record.createdAt.rfc3339, pid: task?.status == .stopped ? 0 : task?.pid ?? 0,
            exitStatus: task?.exitStatus ?? 0)
    }

    private static func status(_ task: TaskProcess?) -> String {
        guard let task else { return "not started" }
        return task.status == .stopped ? "exited (\(task.exitStatus))" : "\(task.status)"
    }

    private static func command(_ record: ContainerRecord) -> String {
        let spec = record.spec.flatMap { payload in
            payload.value.withUnsafeBytes { bytes in try? Spec(parsing: bytes) }
        }
        let text = spec?.process?.args.joined(separator: " ") ?? ""
        return text.count > 40 ? "\(text.prefix(39))…" : text
    }
}
