internal import ContainerdTypes
internal import FoundationEssentials
internal import GRPCCore
internal import Model
internal import SwiftProtobuf

/// One stream that a client has opened beside a request: its messages come in one by one, each only when the one
/// before has been taken, so that a fast client fills no memory.
actor ClientStream {
    private let writer: RPCWriter<Google_Protobuf_Any>
    private var waiting: Google_Protobuf_Any?
    private var sender: CheckedContinuation<Void, Never>?
    private var receiver: CheckedContinuation<Google_Protobuf_Any?, Never>?
    private var closing: CheckedContinuation<Void, Never>?
    private var failure: (any Error)?
    private var isEnded = false
    private var isClosed = false

    init(writer: RPCWriter<Google_Protobuf_Any>) {
        self.writer = writer
    }

    // MARK: The request's side

    /// The client's next message; nil once it has sent its last. A task that is cancelled waits no longer.
    func next() async throws -> Google_Protobuf_Any? {
        if let message = waiting {
            waiting = nil
            sender?.resume()
            sender = nil
            return message
        }
        if !isEnded, !isClosed {
            let message = await withTaskCancellationHandler {
                await withCheckedContinuation { (continuation: CheckedContinuation<Google_Protobuf_Any?, Never>) in
                    if Task.isCancelled { continuation.resume(returning: nil) } else { receiver = continuation }
                }
            } onCancel: {
                Task { await self.giveUp() }
            }
            if let message { return message }
            try Task.checkCancellation()
        }
        if let failure { throw failure }
        return nil
    }

    private func giveUp() {
        receiver?.resume(returning: nil)
        receiver = nil
    }

    func send(_ message: some SwiftProtobuf.Message & Sendable) async throws {
        guard !isClosed else { return }
        try await writer.write(try .containerd(message))
    }

    /// Nothing more is wanted: the client's call ends.
    func close() {
        isClosed = true
        sender?.resume()
        sender = nil
        receiver?.resume(returning: nil)
        receiver = nil
        stopWaiting()
    }

    // MARK: The call's side

    /// Waits until `message` has been taken. - Returns: false when nobody wants more.
    func deliver(_ message: Google_Protobuf_Any) async -> Bool {
        guard !isClosed else { return false }
        if let receiver {
            self.receiver = nil
            receiver.resume(returning: message)
            return true
        }
        waiting = message
        await withCheckedContinuation { sender = $0 }
        return !isClosed
    }

    /// The client has sent its last message, or has gone.
    func end(_ failure: (any Error)? = nil) {
        isEnded = true
        self.failure = failure
        receiver?.resume(returning: nil)
        receiver = nil
    }

    /// Waits until nobody wants more, or the task is cancelled.
    func closed() async {
        guard !isClosed else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if isClosed || Task.isCancelled { continuation.resume() } else { closing = continuation }
            }
        } onCancel: {
            Task { await self.stopWaiting() }
        }
    }

    private func stopWaiting() {
        closing?.resume()
        closing = nil
    }
}

extension Google_Protobuf_Any {
    /// Typed as containerd types its own messages: by the full name alone.
    static func containerd(_ message: some SwiftProtobuf.Message) throws -> Google_Protobuf_Any {
        let bytes: Data = try message.serializedBytes()
        return .with {
            $0.typeURL = type(of: message).protoMessageName
            $0.value = bytes
        }
    }
}
