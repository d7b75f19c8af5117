internal import TaskAPI

/// One stream of bytes between a client of the Streaming service and a process, by its name.
///
/// Its two sides come and go by themselves: a client that is gone, as with a daemon that is started again, comes back
/// under the same name, and meanwhile the process's output waits as it does for a FIFO without a reader. What a client
/// had been sent when it went is lost with it.
final class ByteStream {
    /// A client's end.
    struct Peer {
        let connection: Connection
        let stream: UInt32
    }

    let id: String
    private(set) var peer: Peer?
    /// Bytes that the client takes now.
    private(set) var window = 0
    /// Whether a process has it; then it outlives its clients.
    var isClaimed = false

    var attached: () -> Void = {}
    /// The client takes more.
    var ready: () -> Void = {}
    var received: ([UInt8]) -> Void = { _ in }
    /// The client has nothing more to say.
    var finished: () -> Void = {}

    /// What clients may announce at once; containerd's announce 128 KiB at most.
    private static let largestWindow = 1 << 20

    init(id: String) {
        self.id = id
    }

    /// Takes a client on; one that was there before is let go of.
    func attach(_ peer: Peer) {
        detach()
        self.peer = peer
        window = 0
        attached()
    }

    /// The client is gone.
    func detach() {
        guard let peer else { return }
        self.peer = nil
        window = 0
        peer.connection.end(peer.stream)
    }

    func take(_ message: StreamMessage) {
        switch message {
        case .begin: break
        case .data(let bytes): received(bytes)
        case .window(let update):
            window = min(window + Int(update), Self.largestWindow)
            ready()
        }
    }

    /// Sends bytes for which there is room in the window.
    func send(_ bytes: [UInt8]) {
        guard let peer else { return }
        window -= bytes.count
        peer.connection.send(StreamMessage.data(bytes).encoded(), on: peer.stream)
    }

    /// Lets the client send so many bytes more.
    func grant(_ count: Int) {
        guard let peer, count > 0 else { return }
        peer.connection.send(StreamMessage.window(UInt32(count)).encoded(), on: peer.stream)
    }
}
