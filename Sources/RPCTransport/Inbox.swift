internal import Synchronization

/// What has come in for one call and waits to be taken, in order. Filled on the connection's thread, emptied by one
/// reader on any.
final class Inbox<Part: Sendable>: Sendable {
    private struct State {
        var parts: [(part: Part, size: Int)] = []
        var next = 0
        /// Bytes in `parts`.
        var held = 0
        /// Bytes that have come and that the peer has no room for again yet.
        var owed = 0
        var end: Result<Void, any Error>?
        var reader: CheckedContinuation<Taken, any Error>?
    }

    /// The next part, or nil after the last, and how many bytes the peer may send more.
    typealias Taken = (part: Part?, credit: Int)

    private enum Found {
        case part(Part, credit: Int)
        case end(Result<Void, any Error>)
        case nothing
    }

    /// How many bytes may wait before the peer is slowed down.
    private static var capacity: Int { 1 << 18 }

    private let state = Mutex(State())

    /// - Parameter size: of the part's message in bytes.
    func put(_ part: Part, size: Int = 0) {
        let reader = state.withLock { state -> CheckedContinuation<Taken, any Error>? in
            guard state.end == nil else { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            state.parts.append((part, size))
            state.held += size
            return nil
        }
        reader?.resume(returning: (part, 0))
    }

    /// No more comes. What has come can still be taken; what is wrong is told after it.
    func end(_ result: Result<Void, any Error> = .success(())) {
        let reader = state.withLock { state -> CheckedContinuation<Taken, any Error>? in
            guard state.end == nil else { return nil }
            state.end = result
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(with: result.map { (nil, 0) })
    }

    /// - Parameter count: bytes that came in.
    /// - Returns: how many the peer may send in their place now.
    func credit(for count: Int) -> Int {
        state.withLock { state in
            state.owed += count
            return Self.settle(&state)
        }
    }

    /// Lets go of what the peer has no room for again: its stream is over, but what came on it counts for the whole
    /// connection, and may never be taken.
    /// - Returns: how many bytes those are.
    func forgive() -> Int {
        state.withLock { state in
            defer { state.owed = 0 }
            return state.owed
        }
    }

    func take() async throws -> Taken {
        let found = state.withLock { state -> Found in
            if let part = Self.pop(&state) { return .part(part, credit: Self.settle(&state)) }
            if let end = state.end { return .end(end) }
            return .nothing
        }
        switch found {
        case .part(let part, let credit):
            return (part, credit)
        case .end(let end):
            try end.get()
            return (nil, 0)
        case .nothing:
            return try await wait()
        }
    }

    private func wait() async throws -> Taken {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Taken, any Error>? in
                    if let part = Self.pop(&state) { return .success((part, Self.settle(&state))) }
                    if let end = state.end { return end.map { (nil, 0) } }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    precondition(state.reader == nil, "a call's parts have one reader")
                    state.reader = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(throwing: CancellationError())
        }
    }

    private static func pop(_ state: inout State) -> Part? {
        guard state.next < state.parts.count else { return nil }
        let (part, size) = state.parts[state.next]
        state.next += 1
        state.held -= size
        if state.next == state.parts.count {
            state.parts.removeAll(keepingCapacity: true)
            state.next = 0
        }
        return part
    }

    private static func settle(_ state: inout State) -> Int {
        guard state.held < capacity else { return 0 }
        defer { state.owed = 0 }
        return state.owed
    }
}
