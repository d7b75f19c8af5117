internal import Model
internal import NIOCore

/// A running shim: its process and the way to speak to it.
final class Shim: Sendable {
    let process: WatchedProcess
    let client: TaskClient
    let socket: String
    /// Whether the shim was started for this task, not earlier for another of its group.
    let isOwn: Bool

    init(process: WatchedProcess, client: TaskClient, socket: String, isOwn: Bool = true) {
        self.process = process
        self.client = client
        self.socket = socket
        self.isOwn = isOwn
    }

    /// The same shim, spoken to through another connection after the first was lost.
    func reconnected(group: any EventLoopGroup) async throws(Failure) -> Shim {
        let channel = try await ShimChannel.connect(path: socket, peer: Self.name(client.key), group: group)
        return Shim(
            process: process, client: TaskClient(channel: channel, version: client.version, key: client.key),
            socket: socket, isOwn: isOwn)
    }

    static func name(_ key: TaskKey) -> String { "shim of task \"\(key.id)\"" }
}
