internal import Glibc
internal import NIOCore

/// Lets the listening socket live through a time without free descriptors: nothing is accepted for a moment after an
/// accept(2) that failed for want of them; clients wait in the socket's queue.
final class AcceptPause: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    private static let length: TimeAmount = .milliseconds(100)

    private var isPaused = false
    /// Whether somebody has asked for more connections meanwhile.
    private var isWanted = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.passes(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        guard !isPaused else { return }
        isPaused = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.length) {
            let (pause, context) = bound.value
            pause.isPaused = false
            if pause.isWanted { context.read() }
            pause.isWanted = false
        }
    }

    /// See accept(2): what says nothing of the listening socket itself.
    private static func passes(_ errno: CInt) -> Bool {
        [ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno)
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { isWanted = true } else { context.read() }
    }
}
