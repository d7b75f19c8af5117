internal import Kernel
internal import Logging
internal import Model
internal import NIOCore

/// Shims made ready before anybody asks for a task, so that no creation waits for a program to start.
///
/// They have no file, no directory and no socket's name: a supervisor that dies leaves processes that end at once, and
/// nothing for the next one to find.
actor SpareShims {
    private let configuration: TaskRuntimeConfiguration
    private let group: any EventLoopGroup
    private let logger: Logger
    private var zygote: ShimZygote?
    private(set) var ready: [SpareShim] = []
    private var filling: Task<Void, Never>?

    init(configuration: TaskRuntimeConfiguration, group: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.group = group
        self.logger = logger
    }

    /// A spare for one task, and another made in its place meanwhile.
    /// - Returns: nil when none is wanted or could be made; then the task needs a shim started for it.
    func take() async -> SpareShim? {
        guard configuration.spareShims > 0 else { return nil }
        defer { fill() }
        while !ready.isEmpty {
            let spare = ready.removeFirst()
            if spare.isUsable { return spare }
            spare.dismiss()
        }
        return await make()
    }

    /// Makes as many as are wanted, in the background. One that could not be made is tried again a few times: a machine
    /// that has just started has other things to do.
    func fill() {
        guard filling == nil, ready.count < configuration.spareShims else { return }
        filling = Task {
            var failures = 0
            while ready.count < configuration.spareShims, failures < Self.attempts {
                if let spare = await make() {
                    ready.append(spare)
                } else {
                    failures += 1
                    try? await Task.sleep(for: Self.retryDelay * failures)
                }
            }
            filling = nil
        }
    }

    private static let attempts = 5
    private static let retryDelay: Duration = .milliseconds(200)

    private func make() async -> SpareShim? {
        do {
            let (near, far) = try Kernel.Channel.pair()
            let orders = Kernel.FileDescriptor(owning: near)
            let theirs = Kernel.FileDescriptor(owning: far)
            let pid = try await copy(orders: theirs.rawValue)
            _ = consume theirs
            guard let process = WatchedProcess(pid: pid) else { throw SystemCallError("pidfd_open", on: "\(pid)") }
            return try await connected(process, orders)
        } catch {
            logger.warning("no spare shim could be made", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// A zygote that fails once is not asked again.
    private func copy(orders: Int32) async throws -> Int32 {
        let zygote = try currentZygote()
        do {
            return try await blocking { () throws(Failure) in
                do {
                    return try zygote.copy(orders: orders)
                } catch {
                    throw Failure(.unavailable, "zygote: does not copy itself", cause: error)
                }
            }
        } catch {
            if self.zygote === zygote { self.zygote = nil }
            throw error
        }
    }

    private func connected(
        _ process: WatchedProcess, _ orders: consuming Kernel.FileDescriptor
    ) async throws -> SpareShim {
        let (own, others) = try UnixSocket.pair()
        let connection = Kernel.FileDescriptor(owning: others)
        let peer = "spare shim (pid \(process.pid))"
        let channel = try await ShimChannel.over(Kernel.FileDescriptor(owning: own), peer: peer, group: group)
        return SpareShim(process: process, channel: channel, orders: orders, connection: connection)
    }

    private func currentZygote() throws(SystemCallError) -> ShimZygote {
        if let zygote, !zygote.hasEnded { return zygote }
        let fresh = try ShimZygote(configuration)
        zygote = fresh
        return fresh
    }
}
