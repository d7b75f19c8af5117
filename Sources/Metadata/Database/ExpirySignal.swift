internal import Model

/// Tells whoever collects garbage when something that was just stored will expire.
final class ExpirySignal: Sendable {
    let stream: AsyncStream<Timestamp>
    private let continuation: AsyncStream<Timestamp>.Continuation

    init() {
        // A listener that is far behind misses times, not expiries: each collection finds the next one anew.
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1024))
    }

    deinit {
        continuation.finish()
    }

    func note(_ time: Timestamp) {
        continuation.yield(time)
    }

    /// The time in the label `containerd.io/gc.expire`, if there is one that can be read.
    func note(_ labels: [String: String]) {
        if let time = labels["containerd.io/gc.expire"].flatMap(Timestamp.init(rfc3339:)) { note(time) }
    }
}
