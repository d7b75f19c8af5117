internal import ImageSpec
internal import Synchronization

/// Lets one at a time change whether a blob exists. A commit (file, then record), a deletion (record, then file) and
/// the sweep each have two steps that nobody else may come between.
final class DigestGate: Sendable {
    /// A digest that is present is held by somebody; its waiters stand in line.
    private let waiting = Mutex<[Digest: [CheckedContinuation<Void, Never>]]>([:])

    func pass<Value, Failure: Error>(
        _ digest: Digest, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                if waiting[digest] == nil {
                    waiting[digest] = []
                    return true
                }
                waiting[digest]!.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { leave(digest) }
        return try await body()
    }

    private func leave(_ digest: Digest) {
        let next: CheckedContinuation<Void, Never>? = waiting.withLock { waiting in
            guard var line = waiting[digest], !line.isEmpty else {
                waiting[digest] = nil
                return nil
            }
            let next = line.removeFirst()
            waiting[digest] = line
            return next
        }
        next?.resume()
    }
}
