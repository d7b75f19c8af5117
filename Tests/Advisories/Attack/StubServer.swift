internal import Glibc
internal import Synchronization
internal import Testing

/// An HTTP server on a loopback port of its own that keeps what it was asked, a connection for each request.
final class StubServer: Sendable {
    struct Answer {
        var status = "200 OK"
        var headers: [String] = []
        var body: [UInt8] = []
    }

    let port: UInt16
    private let socket: Int32
    private let heads = Mutex<[String]>([])

    /// Request lines and headers, as they came.
    var requests: [String] { heads.withLock { $0 } }

    /// - Parameter answer: gets the head of a request.
    init(_ answer: @escaping @Sendable (String) -> Answer) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(socket, name, length) == 0 && getsockname(socket, name, &length) == 0
            }
        }
        try #require(bound && listen(socket, 16) == 0)
        self.socket = socket
        port = UInt16(bigEndian: name.sin_port)
        let work = Work { [weak self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0, let self else { break }
                let head = Self.read(connection)
                self.heads.withLock { $0.append(head) }
                Self.write(answer(head), to: connection)
                close(connection)
            }
        }
        var thread = pthread_t()
        try #require(
            pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(work).toOpaque()) == 0)
        pthread_detach(thread)
    }

    /// Ends the thread as well.
    deinit {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private final class Work: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    private static func read(_ connection: Int32) -> String {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]), head.count < 1 << 16, recv(connection, &byte, 1, 0) == 1
        {
            head.append(byte)
        }
        return String(decoding: head, as: UTF8.self)
    }

    private static func write(_ answer: Answer, to connection: Int32) {
        let head =
            (["HTTP/1.1 \(answer.status)", "content-length: \(answer.body.count)", "connection: close"] + answer.headers)
            .joined(separator: "\r\n") + "\r\n\r\n"
        let bytes = Array(head.utf8) + answer.body
        _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
