internal import GRPCCore
internal import NIOCore

/// A call that parts can be written to. Belongs to its event loop.
protocol WritableCall: AnyObject, SendableMetatype {
    associatedtype Part: Sendable

    /// - Returns: whether the writer should wait until the call has drained.
    func write(_ part: Part) throws -> Bool
    func finish(_ error: (any Error)?)
    func whenDrained(_ waiter: CheckedContinuation<Void, any Error>)
}

/// Writes to a call from any thread: at once on the call's own, by way of its loop elsewhere.
struct CallWriter<Call: WritableCall>: ClosableRPCWriterProtocol {
    let loop: any EventLoop
    let call: NIOLoopBound<Call>

    func write(_ part: Call.Part) async throws {
        let isFull =
            loop.inEventLoop ? try call.value.write(part) : try await loop.submit { try call.value.write(part) }.get()
        guard isFull else { return }
        try await withCheckedThrowingContinuation { waiter in
            onLoop { call.value.whenDrained(waiter) }
        }
    }

    func write(contentsOf parts: some Sequence<Call.Part>) async throws {
        for part in parts { try await write(part) }
    }

    func finish() async {
        onLoop { call.value.finish(nil) }
    }

    func finish(throwing error: any Error) async {
        onLoop { call.value.finish(error) }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if loop.inEventLoop { body() } else { loop.execute(body) }
    }
}
