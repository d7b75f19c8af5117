internal import NIOCore

/// The connections of a server, from the first until the last has ended. Belongs to its event loop.
final class Listener {
    private var channel: (any Channel)?
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var isDraining = false
    private var waiter: CheckedContinuation<Void, Never>?

    func serve(_ channel: any Channel, isEnding: Bool) {
        self.channel = channel
        if isEnding || isDraining { drain() }
    }

    func began(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func ended(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        resumeWhenOver()
    }

    func whenOver(_ waiter: CheckedContinuation<Void, Never>) {
        self.waiter = waiter
        resumeWhenOver()
    }

    /// Stops listening; each connection ends with the last of its calls.
    func drain() {
        isDraining = true
        channel?.close(promise: nil)
        for connection in connections.values { connection.drain() }
        resumeWhenOver()
    }

    /// Ends everything at once.
    func close() {
        isDraining = true
        channel?.close(promise: nil)
        for connection in connections.values { connection.close() }
        resumeWhenOver()
    }

    private func resumeWhenOver() {
        guard isDraining, connections.isEmpty else { return }
        waiter?.resume()
        waiter = nil
    }
}
