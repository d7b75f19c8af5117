import Foundation
import Testing

/// A client that speaks HTTP/2 frame by frame, as no library lets one. RFC 9113.
final class RawConnection {
    struct Frame: Equatable {
        var kind: UInt8
        var flags: UInt8 = 0
        var stream: UInt32 = 0
        var payload: [UInt8] = []

        var endsStream: Bool { kind <= 1 && flags & 1 != 0 }
    }

    enum Kind {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let reset: UInt8 = 3
        static let settings: UInt8 = 4
        static let ping: UInt8 = 6
        static let goAway: UInt8 = 7
        static let windowUpdate: UInt8 = 8
    }

    private let socket: Int32
    private var nextStream: UInt32 = 1
    private var received: [UInt8] = []

    /// Connects, and says what a connection begins with.
    init(to path: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(connected == 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try write(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
        try send([Frame(kind: Kind.settings)])
    }

    deinit { close(socket) }

    func send(_ frames: [Frame]) throws {
        try write(frames.flatMap(Self.bytes))
    }

    /// Sends the frames so that each arrives in many pieces.
    func dribble(_ frames: [Frame]) throws {
        let bytes = frames.flatMap(Self.bytes)
        for start in stride(from: 0, to: bytes.count, by: 5) {
            try write(Array(bytes[start..<min(start + 5, bytes.count)]))
            usleep(500)
        }
    }

    private static func bytes(_ frame: Frame) -> [UInt8] {
        let length = UInt32(frame.payload.count)
        return [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), frame.kind, frame.flags]
            + (0..<4).map { UInt8(frame.stream >> (24 - 8 * $0) & 255) } + frame.payload
    }

    private func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            try #require(count > 0, "the supervisor has closed the connection")
            sent += count
        }
    }

    /// Begins a call with one empty message.
    func call(_ method: String) throws -> UInt32 {
        let stream = nextStream
        nextStream += 2
        let headers = [
            (":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "localhost"),
            ("content-type", "application/grpc"), ("te", "trailers"), ("containerd-namespace", "default"),
        ]
        // Literals without indexing: RFC 7541, section 6.2.2.
        var block: [UInt8] = []
        for (name, value) in headers {
            block += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        try send([
            Frame(kind: Kind.headers, flags: 4, stream: stream, payload: block),
            Frame(kind: Kind.data, flags: 1, stream: stream, payload: [0, 0, 0, 0, 0]),
        ])
        return stream
    }

    func reset(_ stream: UInt32) throws {
        try send([Frame(kind: Kind.reset, stream: stream, payload: [0, 0, 0, 8])])
    }

    /// The next frame, windows widened on the way. Throws when the supervisor ends the connection, or says that it will.
    func next() throws -> Frame {
        while true {
            let frame = try read()
            if frame.kind == Kind.settings, frame.flags & 1 == 0 { try send([Frame(kind: Kind.settings, flags: 1)]) }
            try #require(frame.kind != Kind.goAway, "the supervisor ends the connection: \(frame.payload)")
            if frame.kind == Kind.data, !frame.payload.isEmpty {
                let count = UInt32(frame.payload.count)
                let payload = (0..<4).map { UInt8(count >> (24 - 8 * $0) & 255) }
                try send([Frame(kind: Kind.windowUpdate, payload: payload)])
            }
            return frame
        }
    }

    /// The next frame for which `condition` holds; the others are passed over.
    @discardableResult
    func next(where condition: (Frame) -> Bool) throws -> Frame {
        while true {
            let frame = try next()
            if condition(frame) { return frame }
        }
    }

    private func read() throws -> Frame {
        let header = try take(9)
        let length = header[0..<3].reduce(0) { $0 << 8 | Int($1) }
        let stream = header[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Frame(kind: header[3], flags: header[4], stream: stream, payload: try take(length))
    }

    private func take(_ count: Int) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while received.count < count {
            let got = recv(socket, &buffer, buffer.count, 0)
            try #require(got > 0, "the supervisor has closed the connection, or says nothing")
            received += buffer[..<got]
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }
}
