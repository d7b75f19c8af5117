internal import NIOCore

/// The calls of one connection that have not ended, as its frames show them.
struct OpenCalls {
    private struct Call {
        var clientHasEnded = false
        var serverHasEnded = false
        var isReset = false
    }

    private var calls: [UInt32: Call] = [:]
    private var newest: UInt32 = 0

    mutating func received(_ frame: FrameHeader) {
        if frame.kind == .headers, frame.stream > newest {
            newest = frame.stream
            calls[frame.stream] = Call()
        }
        guard frame.endsStream else { return }
        calls[frame.stream]?.clientHasEnded = true
        forgetIfEnded(frame.stream)
    }

    mutating func sent(_ frame: FrameHeader) {
        if frame.kind == .reset { calls[frame.stream] = nil }
        guard frame.endsStream else { return }
        calls[frame.stream]?.serverHasEnded = true
        forgetIfEnded(frame.stream)
    }

    private mutating func forgetIfEnded(_ stream: UInt32) {
        guard let call = calls[stream], call.clientHasEnded, call.serverHasEnded else { return }
        calls[stream] = nil
    }

    /// Notes that the client has reset a call.
    /// - Returns: whether that is news: not of a call that has ended, nor the second time.
    mutating func reset(_ stream: UInt32) -> Bool {
        guard calls[stream]?.isReset == false else { return false }
        calls[stream]?.isReset = true
        return true
    }

    func contains(_ stream: UInt32) -> Bool { calls[stream] != nil }

    mutating func remove(_ stream: UInt32) {
        calls[stream] = nil
    }
}

/// How many calls a client may reset in a while.
struct ResetBudget {
    private let count: Int
    private let window: TimeAmount
    /// When the latest were, oldest first; at most `count`.
    private var spent: [NIODeadline] = []

    init(count: Int, window: TimeAmount) {
        self.count = count
        self.window = window
    }

    /// Spends one at `now`.
    /// - Returns: false when there is none.
    mutating func spend(at now: NIODeadline) -> Bool {
        guard nextFree <= now else { return false }
        if spent.count == count { spent.removeFirst() }
        spent.append(now)
        return true
    }

    /// From when on one can be spent.
    var nextFree: NIODeadline {
        guard spent.count == count, let oldest = spent.first else { return .uptimeNanoseconds(0) }
        return oldest + window
    }
}
