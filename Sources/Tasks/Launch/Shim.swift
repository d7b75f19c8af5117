internal import Model
internal import NIOCore

/// A running shim: its process and the way to speak to it.
final class Shim: Sendable {
    let process: WatchedProcess
    let client: TaskClient
    let program: ShimProgram

    init(process: WatchedProcess, client: TaskClient, program: ShimProgram) {
        self.process = process
        self.client = client
        self.program = program
    }

    /// The same shim, spoken to through another connection after the first was lost.
    func reconnected(path: String, group: any EventLoopGroup) async throws(Failure) -> Shim {
        let channel = try await ShimChannel.connect(path: path, peer: Self.name(client.key), group: group)
        return Shim(
            process: process, client: TaskClient(channel: channel, version: client.version, key: client.key),
            program: program)
    }

    static func name(_ key: TaskKey) -> String { "shim of task \"\(key.id)\"" }
}
