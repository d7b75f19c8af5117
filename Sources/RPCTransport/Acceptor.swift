internal import Executors
internal import GRPCCore
internal import HTTP2
internal import NIOCore

/// Makes calls of the streams that clients open.
struct Acceptor: Sendable {
    let loop: any EventLoop
    private let executor: EventLoopExecutor
    /// By path.
    private let methods: [String: MethodDescriptor]
    private let maximumMessageSize: Int
    private let handler: SocketServerTransport.Handler

    init(
        loop: any EventLoop, methods: [String: MethodDescriptor], maximumMessageSize: Int,
        handler: @escaping SocketServerTransport.Handler
    ) {
        self.loop = loop
        self.methods = methods
        self.maximumMessageSize = maximumMessageSize
        self.handler = handler
        executor = EventLoopExecutor(loop)
    }

    func connection(ended: @escaping (Connection) -> Void) -> Connection {
        Connection(.server, opened: accept, ended: ended)
    }

    /// Hands a request that is one of gRPC to the handler; answers any other by HTTP's means.
    private func accept(_ connection: Connection, _ stream: Int32, _ fields: [HeaderField]) -> (any Call)? {
        guard Fields.value(":method", fields) == "POST" else { return refuse(connection, stream, 405) }
        guard Fields.value("content-type", fields)?.hasPrefix(Fields.contentType.value) == true else {
            return refuse(connection, stream, 415)
        }
        guard let path = Fields.value(":path", fields), let method = method(path) else {
            let status = Status(code: .unimplemented, message: "malformed method name")
            try? connection.respond(Fields.answer([:]) + Fields.trailers(status, [:]), on: stream, isLast: true)
            return nil
        }
        let call = ServerCall(connection: connection, stream: stream, maximumMessageSize: maximumMessageSize)
        call.serve(method, peer: "unix", loop: loop, executor: executor, handler)
        return call
    }

    private func refuse(_ connection: Connection, _ stream: Int32, _ code: Int) -> (any Call)? {
        try? connection.respond(Fields.refusal(code), on: stream, isLast: true)
        return nil
    }

    /// What a path such as `/containerd.services.version.v1.Version/Version` names.
    private func method(_ path: String) -> MethodDescriptor? {
        if let known = methods[path] { return known }
        guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
        let service = path[path.index(after: path.startIndex)..<slash]
        return MethodDescriptor(
            service: ServiceDescriptor(fullyQualifiedService: String(service)),
            method: String(path[path.index(after: slash)...]))
    }
}
