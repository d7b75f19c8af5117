internal import GRPCCore
internal import NIOCore

/// The parts of a call as they come in, for its one reader.
struct CallParts<Part: Sendable>: AsyncSequence, Sendable {
    let inbox: Inbox<Part>
    /// Gives the peer room for more; called on any thread.
    let credit: @Sendable (Int) -> Void

    func makeAsyncIterator() -> Iterator { Iterator(parts: self) }

    struct Iterator: AsyncIteratorProtocol {
        let parts: CallParts

        mutating func next() async throws -> Part? { try await take() }

        mutating func next(isolation: isolated (any Actor)?) async throws(any Error) -> Part? { try await take() }

        private func take() async throws -> Part? {
            let (part, credit) = try await parts.inbox.take()
            if credit > 0 { parts.credit(credit) }
            return part
        }
    }
}
