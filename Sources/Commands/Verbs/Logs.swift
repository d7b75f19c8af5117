internal import ArgumentParser
internal import Client
internal import Glibc
internal import Kernel
internal import Model

/// `berthctl logs`
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what a container that was started with --detach has printed.",
        discussion: """
            Examples:
              berthctl logs web
              berthctl logs -f web   # until the container exits
            """)

    @OptionGroup var global: GlobalOptions
    @Flag(name: [.customShort("f"), .long], help: "Go on as more is printed, until the container exits.")
    var follow = false
    @Argument(help: "The container's name.")
    var container: String

    func run() async throws {
        try await global.connected { client in
            let record = try await client.container(container)
            guard let path = record.labels[ContainerLaunch.logLabel] else {
                throw Failure(.notFound, "container \"\(container)\": its output was not kept (only --detach keeps it)")
            }
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else {
                throw Failure(
                    .notFound, "container \"\(container)\": has no log (only --detach keeps one)",
                    cause: SystemCallError("open", on: path))
            }
            defer { close(file) }
            while true {
                // Asked before the read: what is printed before the exit is read after it is known.
                let isLive = follow ? await isLive(client) : false
                Self.copy(file)
                if !isLive { return }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func isLive(_ client: Client) async -> Bool {
        guard let task = try? await client.task(container) else { return false }
        return task.status != .stopped
    }

    private static func copy(_ file: Int32) {
        while true {
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                count = max(0, read(file, buffer.baseAddress, buffer.count))
            }
            if bytes.isEmpty { return }
            StandardOutput.write(bytes, to: STDOUT_FILENO)
        }
    }
}
