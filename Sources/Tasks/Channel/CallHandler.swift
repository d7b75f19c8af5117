internal import Model
internal import NIOCore
internal import Synchronization
internal import TTRPC

/// One caller's hold on a call, by which it can give up from any thread.
final class CallTicket: Sendable {
    private let withdrawn = Mutex(false)

    func withdraw() {
        withdrawn.withLock { $0 = true }
    }

    var isWithdrawn: Bool { withdrawn.withLock { $0 } }
}

/// The event loop's side of a connection to a shim: sends calls, hands each answer to the caller that waits for it.
///
/// Used on its event loop only. The protocol itself is `TTRPC.ClientConnection`.
final class CallHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias Completion = CheckedContinuation<Result<[UInt8], Failure>, Never>

    private struct Pending {
        let ticket: CallTicket
        let completion: Completion
        let method: String
        /// Names the shim in messages.
        let peer: String
        let timer: Scheduled<Void>?
    }

    private var connection = ClientConnection()
    private var pending: [UInt32: Pending] = [:]
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func call(
        _ request: Request, peer: String, deadline: TimeAmount?, ticket: CallTicket, completion: Completion
    ) {
        if ticket.isWithdrawn {
            completion.resume(returning: .failure(Failure(.cancelled, "\(peer): \(request.method) was cancelled")))
            return
        }
        guard let context, context.channel.isActive else {
            completion.resume(returning: .failure(Self.lost(request.method, peer)))
            return
        }
        // A peer that stopped reading must not make the supervisor's memory grow.
        guard context.channel.isWritable else {
            completion.resume(
                returning: .failure(Failure(.unavailable, "\(peer): does not read its requests (\(request.method))")))
            return
        }
        let call: ClientConnection.Call
        do {
            call = try connection.call(request)
        } catch {
            completion.resume(returning: .failure(Self.refusal(error, request.method, peer)))
            return
        }
        let timer = deadline.map { deadline in
            context.eventLoop.assumeIsolated().scheduleTask(in: deadline) { [self] in
                finish(
                    call.stream,
                    .failure(Failure(.deadlineExceeded, "\(peer): no answer to \(request.method) in time")))
            }
        }
        pending[call.stream] = Pending(
            ticket: ticket, completion: completion, method: request.method, peer: peer, timer: timer)
        context.writeAndFlush(NIOAny(context.channel.allocator.buffer(bytes: call.bytes)), promise: nil)
    }

    func cancel(_ ticket: CallTicket) {
        guard let (stream, call) = pending.first(where: { $0.value.ticket === ticket }) else { return }
        finish(stream, .failure(Failure(.cancelled, "\(call.peer): \(call.method) was cancelled")))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        buffer.withUnsafeReadableBytes { connection.receive($0) }
        while let answer = connection.nextAnswer() {
            guard let call = pending.removeValue(forKey: answer.stream) else { continue }
            call.timer?.cancel()
            call.completion.resume(returning: Self.result(of: answer.response))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let lost = connection.close()
        for stream in lost {
            guard let call = pending.removeValue(forKey: stream) else { continue }
            call.timer?.cancel()
            call.completion.resume(returning: .failure(Self.lost(call.method, call.peer)))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func finish(_ stream: UInt32, _ result: Result<[UInt8], Failure>) {
        guard let call = pending.removeValue(forKey: stream) else { return }
        connection.abandon(stream)
        call.timer?.cancel()
        call.completion.resume(returning: result)
    }

    private static func lost(_ method: String, _ peer: String) -> Failure {
        Failure(.unavailable, "\(peer): connection lost before \(method) was answered")
    }

    private static func refusal(
        _ error: ClientConnection.CallError, _ method: String, _ peer: String
    ) -> Failure {
        switch error {
        case .messageTooLarge(let size):
            Failure(.resourceExhausted, "\(peer): \(method) of \(size) bytes is above the limit")
        case .exhausted:
            lost(method, peer)
        }
    }

    private static func result(of response: Response) -> Result<[UInt8], Failure> {
        switch response {
        case .success(let payload): .success(payload)
        case .failure(let status):
            .failure(Failure(Failure.Code(rawValue: Int(status.code.rawValue)) ?? .unknown, status.message))
        }
    }
}
