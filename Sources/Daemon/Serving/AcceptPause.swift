internal import Glibc
internal import NIOCore

/// Lets the listening socket live through a time without free descriptors: NIO would hand the failed accept(2) to whoever
/// takes connections, and gRPC's server ends at the first such error. Nothing is accepted for a moment instead; clients
/// wait in the socket's queue.
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
